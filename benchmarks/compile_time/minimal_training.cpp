// A complete training program that includes only the headers it needs.

#include <descent/layers/activations/relu.hpp>
#include <descent/layers/dense.hpp>
#include <descent/losses/mean_squared_error.hpp>
#include <descent/models/sequential.hpp>
#include <descent/optimizers/adam.hpp>
#include <descent/training/fit.hpp>
#include <iostream>

int main() {
  const Eigen::MatrixXf x = Eigen::MatrixXf::Random(2, 1000), y = x.colwise().squaredNorm();
  descent::Rng rng{1};
  descent::Sequential net{descent::Dense{2, 16, rng}, descent::ReLU{}, descent::Dense{16, 1, rng}};
  const auto history = descent::fit(net, {.x = x, .y = y}, descent::MeanSquaredError{}, descent::Adam{});
  std::cout << history["loss"].back() << '\n';
}
