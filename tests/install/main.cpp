#include <descent/descent.hpp>

using namespace descent;

// Learns XOR.
int main() {
  const Dataset<> data{.x = Matrix<>{{0, 0, 1, 1}, {0, 1, 0, 1}}, .y = Matrix<>{{0, 1, 1, 0}}};
  Rng rng{1};
  Sequential net{Dense{2, 8, rng}, Tanh{}, Dense{8, 1, rng}};
  fit(net, data, SigmoidCrossEntropy{}, Adam{.learning_rate = 0.1},
      {.epochs = 100, .batch_size = 4, .progress = silent});
  return evaluate(net, data, Accuracy{}) == 1 ? 0 : 1;
}
