// The overhead of a `Doctor` at its defaults: the time of a training with one, relative to the same training without.
//
//   doctor [REPETITIONS]
//
// The two trainings take turns; each time is the median of all repetitions.

#include <algorithm>
#include <charconv>
#include <cstdlib>
#include <ctime>
#include <descent/descent.hpp>
#include <descent/diagnosis.hpp>
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

void compare(std::string_view name, const auto& net, const Dataset<>& train, int epochs, int repetitions) {
  using Options = FitOptions<std::remove_cvref_t<decltype(net)>>;
  const auto fit_with = [&](auto observer) {
    auto copy = net;
    fit(copy, train, SoftmaxCrossEntropy{}, Adam{},
        Options{.epochs = epochs, .validation = &train, .observer = std::move(observer), .progress = silent});
  };
  std::vector<double> with, without;
  Rng rng{1};
  for (int i = 0; i < repetitions; ++i) {
    const std::vector<char> padding(static_cast<std::size_t>(64 * rng.below(4096)));  // moves all memory
    without.push_back(seconds([&] { fit_with(Observer<std::remove_cvref_t<decltype(net)>>{}); }));
    with.push_back(seconds([&] { fit_with(Doctor{}); }));
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
}

}  // namespace

int main(int argc, char** argv) {
  const int repetitions = argc > 1 ? std::atoi(argv[1]) : 20;
  Rng rng{1};
  std::cout << "training                           steps    without       with   overhead   (milliseconds)\n";
  const Dataset<> digits = make_data(Sizes{"", 64, 64, 64, 10, 32}, 1024), images = make_data(M::sizes, 4096);
  for (const int epochs : {10, 50})
    compare(detail::joined("64-64-10, ", epochs, " epochs"),
            Sequential{Dense{64, 64, rng}, ReLU{}, Dense{64, 10, rng}}, digits, epochs, repetitions);
  for (const int epochs : {3, 10}) {
    compare(detail::joined("M, ", epochs, " epochs"), M::network(rng), images, epochs, repetitions);
    compare(detail::joined("M+, ", epochs, " epochs"), MPlus::network(rng), images, epochs, repetitions);
  }
}
