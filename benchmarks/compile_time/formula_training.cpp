// The program of minimal_training.cpp with a layer and a loss as formulas.

#include <descent/autodiff.hpp>
#include <descent/layers/dense.hpp>
#include <descent/models/sequential.hpp>
#include <descent/optimizers/adam.hpp>
#include <descent/training/fit.hpp>
#include <iostream>

int main() {
  using namespace descent;
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(2, 1000), y = x.colwise().squaredNorm();
  Rng rng{1};
  Sequential net{Dense{2, 16, rng}, lambda([](auto a) { return relu(a); }), Dense{16, 1, rng}};
  const FormulaLoss loss{[](auto p, auto t) { return mean(square(p - t), Over::features); }};
  const auto history = fit(net, {.x = x, .y = y}, loss, Adam{});
  std::cout << history["loss"].back() << '\n';
}
