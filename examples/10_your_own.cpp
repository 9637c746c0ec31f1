// Lesson 10: a layer, an activation and a loss of your own, in one network.
//
//   Distance         a layer with parameters:   y_k = sum over i of (x_i - c_ki)^2, the distance to a learned center
//   exp(-50 x)       an activation, by its formula alone
//   Cauchy           a loss:                    L = 1/k sum of log(1 + (r / width)^2), r = prediction - target
//
// Distance and exp(-50 x) are radial basis functions, and a Dense layer adds them up: a radial basis function
// network. The loss grows logarithmically, so it is robust against outliers. A tenth of the targets are outliers,
// and the same network trained with the squared error follows them.

#include <cmath>
#include <cstdio>
#include <descent/descent.hpp>
#include <iostream>
#include <string>
#include <string_view>
#include <vector>

#include "plot.hpp"

using namespace descent;

/// Squared distances to learned centers.
///
///   y_k = |x - c_k|^2      dx = 2 sum over k of dy_k (x - c_k)      dc_k = 2 sum over samples of dy_k (c_k - x)
///
/// Shapes   x [features, m]   y [centers, m]
template <std::floating_point T = float>
struct Distance {
  static constexpr std::string_view name = "Distance";
  using Scalar = T;
  struct Cache {
    Matrix<T> y, dx;
  };

  /// Initializes the centers uniformly between 0 and 1.
  Distance(Index features, Index centers, Rng& rng) : center(features, centers) {
    for (Index i = 0; i < center.size(); ++i) center.data()[i] = static_cast<T>(rng.uniform());
  }

  /// Names the centers for optimizers, files and checks. Regularizers ignore them, because their role is `bias`.
  static void visit(auto&& f, auto&... tree) { f(Parameter{"center", Role::bias}, tree.center...); }

  Shape output_shape(const Shape& in) const {
    expect_features(name, center.rows(), in.size());
    return {center.cols()};
  }
  Batch<T> forward(const Batch<T>& x, Cache& c, const Pass&) const {
    c.y.resize(center.cols(), x.cols());
    for (Index j = 0; j < x.cols(); ++j)
      c.y.col(j) = (center.colwise() - x.col(j)).colwise().squaredNorm().transpose();
    return c.y;
  }
  Batch<T> backward(const Batch<T>& x, const Batch<T>& dy, Cache& c, Distance& gradient, const Pass&) const {
    expect_backward(name, center.rows(), x, dy, c.y);
    gradient.center = 2 * (center * dy.rowwise().sum().asDiagonal()) - 2 * (x * dy.transpose());
    c.dx = 2 * (x * dy.colwise().sum().asDiagonal()) - 2 * (center * dy);
    return c.dx;
  }

  Matrix<T> center;
};
static_assert(Layer<Distance<>> && has_valid_hooks<Distance<>>);

/// Cauchy loss, robust against outliers.
///
///   L = 1/k sum over outputs of log(1 + (r / width)^2)      dL/dr = 1/k 2 r / (width^2 + r^2)      of each sample
///
/// A loss returns the weighted sum over samples and the sum of the weights; the caller divides to get the mean.
struct Cauchy {
  double width = 0.1;

  template <std::floating_point T>
  WeightedSum value(Batch<T> prediction, Batch<T> target, SampleWeights<T> weights) const {
    WeightedSum total;
    for (Index j = 0; j < prediction.cols(); ++j) {
      const auto r = (prediction.col(j) - target.col(j)).array();
      const double w = weights(j), loss = ((r / T(width)).square() + 1).log().mean();
      total += {w * loss, w};
    }
    return total;
  }
  template <std::floating_point T>
  WeightedSum value_and_gradient(Batch<T> prediction, Batch<T> target, Matrix<T>& dy,
                                 SampleWeights<T> weights) const {
    dy = prediction - target;
    dy.array() *= T(2) / T(dy.rows()) / (dy.array().square() + T(width * width));
    for (Index j = 0; j < dy.cols(); ++j) dy.col(j) *= weights(j);
    return value(prediction, target, weights);
  }
};

template <std::floating_point T>
auto make_network(Rng& rng) {
  const auto bump = [](auto x) { return exp(-50 * x); };
  return Sequential{Distance<T>{1, 12, rng}, elementwise<T>(bump), Dense<T>{12, 1, rng}};
}

int main(int argc, char** argv) try {
  const std::string out = argc > 1 ? argv[1] : ".";  // the folder for the picture

  // A gradient check of all three together.
  Rng rng{1};
  const auto few = noisy_wave<double>({.samples = 10});
  std::cout << check_gradient(make_network<double>(rng), Cauchy{}, few.x, few.y) << '\n';

  Dataset train = noisy_wave({.samples = 200, .noise = 0.05, .seed = 1});
  for (Index j = 0; j < train.samples(); j += 10) train.y(0, j) = 4;
  Dataset truth = noisy_wave({.samples = 200, .noise = 0, .seed = 2});

  std::vector<plot::Line> lines;
  Matrix<> x(1, 200);
  for (Index j = 0; j < 200; ++j) x(0, j) = static_cast<float>(j) / 200;
  const auto compare = [&](const std::string& name, const auto& loss) {
    Rng same{1};
    auto net = make_network<float>(same);
    fit(net, train, loss, Adam{.learning_rate = 0.01}, {.epochs = 400, .seed = 1, .progress = silent});
    std::printf("%-14s RMSE against the true curve %.3f\n", name.c_str(),
                evaluate(net, truth, RootMeanSquaredError{}));
    const Matrix<> y = predict(net, x);
    lines.push_back({name, {y.data(), y.data() + y.size()}});
  };
  compare("squared error", MeanSquaredError{});
  compare("Cauchy", Cauchy{});

  plot::write_svg(
      out + "/10_your_own.svg",
      {plot::line_chart(
          {.title = "A wave among outliers", .x_label = "x", .y_label = "y", .x_per_value = 1.0 / 200},
          lines)});
  std::cout << "\nThe picture is in " << out << "/10_your_own.svg\n";
} catch (const Error& error) {
  std::cerr << error.what() << '\n';
  return 1;
}
