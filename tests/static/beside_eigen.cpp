// A program can use `using namespace` for both Eigen and descent. Only names that both have need a qualifier.
#include <Eigen/Core>
#include <descent/descent.hpp>

using namespace Eigen;
using namespace descent;

int main() {
  const MatrixXf x = MatrixXf::Random(2, 40);
  const Dataset<> data{x, x.colwise().squaredNorm()};
  Rng rng{1};
  descent::Sequential net{descent::Dense{2, 4, rng}, BatchNorm{4}, ReLU{}, Dropout{{.keep = 0.9}},
                          descent::Dense{4, 1, rng}};
  const History history = fit(net, data, MeanSquaredError{}, Adam{.learning_rate = 1e-2},
                              {.epochs = 2, .regularizer = L2{1e-3}, .progress = silent});
  const descent::Matrix<> y = predict(net, data.x);
  return history.epochs() == 2 && y.cols() == 40 ? 0 : 1;
}
