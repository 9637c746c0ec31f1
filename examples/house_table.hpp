#pragma once

// Writes a table of houses that is made up, for the lessons on tables: 12 columns, texts and missing values among them.

#include <cmath>
#include <cstddef>
#include <cstdint>
#include <descent/core.hpp>
#include <fstream>
#include <string>

inline void write_houses(const std::string& path, int rows, std::uint64_t seed) {
  descent::Rng rng{seed};
  const char* const districts[] = {"Altstadt",   "Harbor", "Hill", "Mill \"East\"",
                                   "Mill, West", "North",  "Park", "Station"};
  const double location[] = {1.5, 1.3, 1.7, 0.9, 0.95, 0.8, 1.4, 0.75};
  const char* const conditions[] = {"poor", "fair", "good", "new"};
  const char* const heatings[] = {"gas", "oil", "heat pump"};
  std::ofstream out{path};
  out << "area,lot,rooms,floors,district,condition,heating,built,income,distance,garage,price\n";
  const auto one_of = [&](int count) { return static_cast<int>(rng.below(count)); };
  const auto value = [&](double number, double missing = 0) {
    return rng.uniform() < missing ? std::string{}
                                   : descent::detail::number_text(number, std::chars_format::general, 7);
  };
  for (int i = 0; i < rows; ++i) {
    const double area = 40 + 200 * rng.uniform(), lot = std::exp(6 + 1.5 * rng.normal()),
                 distance = 1 + 30 * rng.uniform();
    const double income = 1e6 * std::exp(-2.5 + 0.5 * rng.normal());
    const int district = one_of(8), condition = one_of(4), heating = one_of(3), year = 1900 + one_of(124),
              floors = 1 + one_of(3);
    const int rooms = 1 + static_cast<int>(area / 30) + one_of(2), garage = one_of(2);
    const double price = location[district] * (0.7 + 0.15 * condition) * std::pow(area, 0.9) * 3000 *
                             std::sqrt(income / 1e5) * std::exp(-0.015 * distance) *
                             (1 + 0.002 * (year - 1960)) * (1 + 0.05 * rng.normal()) +
                         20 * std::min(lot, 3000.0) + 20000 * garage + (heating == 2 ? 25000 : 0);
    const std::string name = districts[district];
    out << value(area, 0.05) << ',' << value(lot, 0.05) << ',' << rooms << ',' << floors << ',';
    out << (name == "Mill, West"      ? "\"Mill, West\""
            : name == "Mill \"East\"" ? "\"Mill \"\"East\"\"\""
                                      : name)
        << ',';
    out << conditions[condition] << ',' << (rng.uniform() < 0.1 ? "NA" : heatings[heating]) << ',' << year
        << "-07-01,";
    out << value(income) << ',' << value(distance) << ',' << value(garage, 0.1) << ','
        << value(std::round(price)) << '\n';
  }
}
