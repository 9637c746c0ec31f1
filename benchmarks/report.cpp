// The overhead of a `Report` at its defaults: the time of a training with one, relative to the same training without; and
// that of both beside a `Doctor`, relative to a training with the `Doctor`.
//
//   report [REPETITIONS]
//
// The trainings take turns; each time is the median of all repetitions. The validation set is a fifth of the training set.

#include <algorithm>
#include <charconv>
#include <concepts>
#include <cstdlib>
#include <ctime>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
#include <descent/report.hpp>
#include <filesystem>
#include <iostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "workloads.hpp"

using namespace descent;

namespace {

/// Processor time, so that other programs hardly matter: the trainings run on one thread.
double seconds(const auto& run) {
  const std::clock_t begin = std::clock();
  run();
  return static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

/// Compares training with a page to training without, each with the same other observer.
template <class Other>
void compare(std::string_view name, const auto& net, const Dataset<>& train, int epochs, int repetitions) {
  using Net = std::remove_cvref_t<decltype(net)>;
  const Dataset<> dev{train.x.leftCols(train.samples() / 5), train.y.leftCols(train.samples() / 5)};
  const auto fit_with = [&](Observer<Net> observer) {
    auto copy = net;
    fit(copy, train, SoftmaxCrossEntropy{}, Adam{},
        FitOptions<Net>{
            .epochs = epochs, .validation = &dev, .observer = std::move(observer), .progress = silent});
  };
  const std::string path =
      (std::filesystem::temp_directory_path() / "descent_benchmark_report.html").string();
  std::vector<double> with, without;
  Rng rng{1};
  for (int i = 0; i < repetitions; ++i) {
    const std::vector<char> padding(static_cast<std::size_t>(64 * rng.below(4096)));  // moves all memory
    if constexpr (std::same_as<Other, Doctor>) {
      without.push_back(seconds([&] { fit_with(Doctor{}); }));
      with.push_back(seconds([&] { fit_with({Doctor{}, Report{path}}); }));
    } else {
      without.push_back(seconds([&] { fit_with({}); }));
      with.push_back(seconds([&] { fit_with(Report{path}); }));
    }
  }
  const Index steps = epochs * ((train.samples() + 31) / 32);
  const auto milliseconds = [](double time) {
    return detail::right_aligned(detail::joined({detail::Formatted{1e3 * time, std::chars_format::fixed, 1}}),
                                 11);
  };
  std::cout << detail::left_aligned(std::string{name}, 34)
            << detail::right_aligned(detail::joined({steps}), 6) << milliseconds(median(without))
            << milliseconds(median(with))
            << detail::right_aligned(detail::percent(median(with) / median(without) - 1), 11) << '\n';
  std::filesystem::remove(path);
}

struct Nothing {};

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 10;
  Rng rng{1};
  std::cout << "training                           steps    without       with   overhead   (milliseconds)\n";
  const Dataset<> digits = make_data(Sizes{"", 64, 64, 64, 10, 32}, 1024), images = make_data(M::sizes, 4096);
  const Sequential small{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}};
  const auto large = M::network(rng);
  for (const int epochs : {50, 2000})
    compare<Nothing>(detail::joined("64-64-10, ", epochs, " epochs"), small, digits, epochs, repetitions);
  compare<Nothing>("M, 10 epochs", large, images, 10, repetitions);
  compare<Doctor>("64-64-10, 2000 epochs, Doctor", small, digits, 2000, repetitions);
  compare<Doctor>("M, 10 epochs, Doctor", large, images, 10, repetitions);
}
