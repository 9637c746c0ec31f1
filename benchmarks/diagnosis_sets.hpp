#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <descent/descent.hpp>
#include <fstream>
#include <iterator>
#include <numbers>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// The data sets of diagnosis_rules.cpp.

enum class Kind { table, image, sequence, tokens };

struct Set {
  std::string name;
  descent::Dataset<> data;
  bool of_classes;
  Kind kind = Kind::table;
  bool by_step = false;  // a target for each time step
  double enough = 0.9;   // accuracy, or R^2, on the training set of a network that has learned
  descent::Index tokens = 0;
};

inline float normal(descent::Rng& rng, double deviation = 1) {
  return static_cast<float>(deviation * rng.normal());
}

/// Friedman's first function: y = 10 sin(pi x0 x1) + 20 (x2 - 1/2)^2 + 10 x3 + 5 x4 + N(0, 1), of 10 uniform features.
inline descent::Dataset<> friedman(descent::Index samples, std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(10, samples), .y = Matrix<>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    for (float& value : data.x.col(j)) value = static_cast<float>(rng.uniform());
    const auto x = data.x.col(j);
    data.y(0, j) = 10 * std::sin(3.14159265F * x[0] * x[1]) + 20 * (x[2] - 0.5F) * (x[2] - 0.5F) + 10 * x[3] +
                   5 * x[4] + normal(rng);
  }
  return data;
}

/// Drops samples that equal an earlier one: iris has some.
inline descent::Dataset<> distinct(const descent::Dataset<>& data) {
  std::vector<descent::Index> kept;
  for (descent::Index j = 0; j < data.samples(); ++j)
    if (std::none_of(kept.begin(), kept.end(), [&](auto k) { return data.x.col(k) == data.x.col(j); }))
      kept.push_back(j);
  return data.subset(kept);
}

/// Makes a feature the target, to be predicted from the others.
inline descent::Dataset<> predict_feature(const descent::Dataset<>& data, descent::Index feature) {
  using namespace descent;
  Dataset<> result{.x = Matrix<>(data.features() - 1, data.samples()), .y = data.x.row(feature)};
  result.x << data.x.topRows(feature), data.x.bottomRows(data.features() - 1 - feature);
  return distinct(result);
}

/// Gray images, from 0 to 255, of noise with a bar somewhere: horizontal, vertical, or in one of the diagonals. The class
/// is its direction.
inline descent::Dataset<> bars(descent::Index samples, descent::Index side, int classes, double noise,
                               std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(side * side, samples),
                 .y = Matrix<>(1, samples),
                 .shape = {.channels = 1, .height = side, .width = side}};
  constexpr Index steps[][2] = {{0, 1}, {1, 0}, {1, 1}, {1, -1}};
  const Index length = side / 2;
  for (Index j = 0; j < samples; ++j) {
    for (float& value : data.x.col(j)) value = 60 + normal(rng, noise);
    const Index c = j % classes;
    const auto* step = steps[c];
    const Index top = rng.below(side - step[0] * (length - 1)),
                left = rng.below(side - std::abs(step[1]) * (length - 1)) + (step[1] < 0 ? length - 1 : 0);
    for (Index k = 0; k < length; ++k)
      data.x((top + k * step[0]) * side + left + k * step[1], j) = 230 + normal(rng, noise / 2);
    data.y(0, j) = static_cast<float>(c);
  }
  data.x = data.x.cwiseMax(0).cwiseMin(255);
  return data;
}

/// Gray images with a bright spot somewhere; the target is its radius.
inline descent::Dataset<> spots(descent::Index samples, descent::Index side, std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(side * side, samples),
                 .y = Matrix<>(1, samples),
                 .shape = {.channels = 1, .height = side, .width = side}};
  for (Index j = 0; j < samples; ++j) {
    const double radius = 0.8 + 1.6 * rng.uniform(), size = static_cast<double>(side),
                 top = 2 + (size - 5) * rng.uniform(), left = 2 + (size - 5) * rng.uniform();
    for (Index i = 0; i < side * side; ++i) {
      const double down = static_cast<double>(i / side) - top, right = static_cast<double>(i % side) - left;
      data.x(i, j) = static_cast<float>(
          40 + 180 * std::exp(-(down * down + right * right) / (2 * radius * radius)) + 8 * rng.normal());
    }
    data.y(0, j) = static_cast<float>(radius);
  }
  return data;
}

/// Waves of random phase with noise, on `channels` sensors; the class is the frequency.
inline descent::Dataset<> waves(descent::Index samples, descent::Index steps, int classes,
                                descent::Index channels, std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dataset<> data{.x = Matrix<>(channels * steps, samples),
                 .y = Matrix<>(1, samples),
                 .shape = {.channels = channels, .width = steps}};
  for (Index j = 0; j < samples; ++j) {
    const Index c = j % classes;
    for (Index i = 0; i < channels; ++i) {
      const double phase = rng.uniform();
      for (Index t = 0; t < steps; ++t) {
        const double turns =
            (1.5 + 2 * static_cast<double>(c)) * static_cast<double>(t) / static_cast<double>(steps);
        data.x(t * channels + i, j) =
            static_cast<float>(std::sin(2 * std::numbers::pi * (turns + phase)) + 0.3 * rng.normal());
      }
    }
    data.y(0, j) = static_cast<float>(c);
  }
  return data;
}

/// Windows of a temperature with a daily rhythm and noise that lasts; the target is the next value.
inline descent::Dataset<> temperatures(descent::Index samples, descent::Index steps, double lasting,
                                       std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  std::vector<float> series;
  double noise = 0;
  for (Index t = 0; t < 3 * samples + steps + 1; ++t) {
    noise = lasting * noise + rng.normal();
    series.push_back(
        static_cast<float>(15 + 6 * std::sin(2 * std::numbers::pi * static_cast<double>(t) / 24) + noise));
  }
  Dataset<> data{
      .x = Matrix<>(steps, samples), .y = Matrix<>(1, samples), .shape = {.channels = 1, .width = steps}};
  for (Index j = 0; j < samples; ++j) {
    for (Index t = 0; t <= steps; ++t) {
      const float value = series[static_cast<std::size_t>(3 * j + t)];
      if (t < steps)
        data.x(t, j) = value;
      else
        data.y(0, j) = value;
    }
  }
  return data;
}

/// Two channels, values and marks of some of them; the target is the mean of the marked values.
inline descent::Dataset<> marked(descent::Index samples, descent::Index steps, std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dataset<> data{
      .x = Matrix<>(2 * steps, samples), .y = Matrix<>(1, samples), .shape = {.channels = 2, .width = steps}};
  for (Index j = 0; j < samples; ++j) {
    double sum = 0, count = 0;
    for (Index t = 0; t < steps; ++t) {
      const bool is_marked = rng.uniform() < 0.5 || t == 0;
      data.x(2 * t, j) = normal(rng);
      data.x(2 * t + 1, j) = is_marked ? 1 : -1;
      if (is_marked) sum += static_cast<double>(data.x(2 * t, j)), ++count;
    }
    data.y(0, j) = static_cast<float>(sum / count);
  }
  return data;
}

/// Sequences of tokens of different lengths, with garbage in the padding; the class is the one whose token occurs three
/// times.
inline descent::Dataset<> votes(descent::Index samples, descent::Index steps, int classes,
                                descent::Index tokens, std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dataset<> data{
      .x = Matrix<>(steps, samples), .y = Matrix<>(1, samples), .shape = {.channels = 1, .width = steps}};
  for (Index j = 0; j < samples; ++j) {
    const auto c = static_cast<float>(j % classes);
    const Index length = steps / 2 + rng.below(steps / 2 + 1);
    data.lengths.push_back(length);
    for (Index t = 0; t < steps; ++t)
      data.x(t, j) = static_cast<float>(classes + rng.below(tokens - classes));
    std::vector<Index> places = plain_order(length);
    for (std::size_t k = 0; k < 4; ++k)
      std::swap(places[k], places[k + static_cast<std::size_t>(rng.below(length - static_cast<Index>(k)))]);
    for (std::size_t k = 0; k < 3; ++k) data.x(places[k], j) = c;
    data.x(places[3], j) = static_cast<float>((j + 1) % classes);
    data.y(0, j) = c;
  }
  return data;
}

/// Characters of a text, with the next one as the target of each.
inline descent::Dataset<> characters(descent::Index samples, descent::Index steps, descent::Index begin,
                                     std::string& alphabet) {
  using namespace descent;
  std::ifstream file{"examples/data/genesis.txt", std::ios::binary};
  const std::string text{std::istreambuf_iterator<char>{file}, {}};
  for (const char c : text)
    if (alphabet.find(c) == std::string::npos) alphabet += c;
  Dataset<> data{
      .x = Matrix<>(steps, samples), .y = Matrix<>(steps, samples), .shape = {.channels = 1, .width = steps}};
  for (Index k = 0; k < samples * steps; ++k) {
    data.x.data()[k] = static_cast<float>(alphabet.find(text[static_cast<std::size_t>(begin + k)]));
    data.y.data()[k] = static_cast<float>(alphabet.find(text[static_cast<std::size_t>(begin + k + 1)]));
  }
  return data;
}

inline std::vector<Set> data_sets(bool held_out) {
  using namespace descent;
  const auto file = [](std::string_view name) {
    return read_csv(std::string{"examples/data/"}.append(name), {.label = "label"});
  };
  const Dataset<> digits = file("digits.csv"), iris = distinct(file("iris.csv")), wine = file("wine.csv"),
                  cancer = file("breast_cancer.csv");
  std::vector<Set> sets{
      {"digits", digits, true}, {"iris", iris, true}, {"wine", wine, true}, {"cancer", cancer, true}};
  const auto add = [&](std::string_view name, const Dataset<>& data, bool of_classes,
                       Kind kind = Kind::table) {
    sets.push_back({std::string{name}, data, of_classes, kind, false, of_classes ? 0.9 : 0.7});
  };
  Dataset<> images = digits;
  images.shape = {.channels = 1, .height = 8, .width = 8};
  const auto add_tokens = [&](std::string_view name, const Dataset<>& data, bool by_step, Index tokens,
                              double enough) {
    sets.push_back({std::string{name}, data, true, Kind::tokens, by_step, enough, tokens});
  };
  std::string alphabet;
  if (held_out) {
    add("blobs of 5", blobs({.samples = 800, .classes = 5, .features = 8, .spread = 4, .seed = 3}), true);
    add("circles", circles({.samples = 600, .noise = 0.08, .factor = 0.6, .seed = 3}), true);
    add("wave", noisy_wave({.samples = 500, .noise = 0.2, .seed = 8}), false);
    add("linear", noisy_regression({.samples = 400, .features = 12, .noise = 0.5, .seed = 8}), false);
    add("friedman", friedman(500, 8), false);
    add("cancer 3", predict_feature(cancer, 4), false);
    add("wine 9", predict_feature(wine, 9), false);
    add("images of digits", images, true, Kind::image);
    add("bars of 4", bars(800, 12, 4, 30, 8), true, Kind::image);
    add("spots of 12", spots(500, 12, 8), false, Kind::image);
    add("waves of 4", waves(800, 32, 4, 2, 8), true, Kind::sequence);
    add("temperatures 2", temperatures(600, 24, 0.8, 8), false, Kind::sequence);
    add("marked of 12", marked(800, 12, 8), false, Kind::sequence);
    add_tokens("votes of 4", votes(1000, 20, 4, 16, 8), false, 16, 0.9);
    const Dataset<> text = distinct(characters(300, 40, 10000, alphabet));
    add_tokens("characters 2", text, true, static_cast<Index>(alphabet.size()), 0.25);
  } else {
    add("moons", moons({.samples = 600, .noise = 0.1, .seed = 7}), true);
    add("blobs", blobs({.samples = 600, .seed = 7}), true);
    add("spirals", spirals({.samples = 900, .turns = 1, .noise = 0.01, .seed = 7}), true);
    add("wave", noisy_wave({.samples = 600, .seed = 7}), false);
    add("linear", noisy_regression({.samples = 600, .features = 8, .noise = 0.3, .seed = 7}), false);
    add("friedman", friedman(800, 7), false);
    add("wine 0", predict_feature(wine, 0), false);
    add("iris 3", predict_feature(iris, 3), false);
    add("digits 28", predict_feature(digits, 28), false);
    add("images of digits", images, true, Kind::image);
    add("bars", bars(600, 10, 3, 25, 7), true, Kind::image);
    add("spots", spots(600, 10, 7), false, Kind::image);
    add("waves", waves(600, 24, 3, 1, 7), true, Kind::sequence);
    add("temperatures", temperatures(600, 16, 0.6, 7), false, Kind::sequence);
    add("marked", marked(800, 10, 7), false, Kind::sequence);
    add_tokens("votes", votes(900, 16, 3, 12, 7), false, 12, 0.9);
    const Dataset<> text = distinct(characters(300, 32, 0, alphabet));  // verses end alike
    add_tokens("characters", text, true, static_cast<Index>(alphabet.size()), 0.25);
  }
  return sets;
}
