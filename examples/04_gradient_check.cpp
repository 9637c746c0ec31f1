// Lesson 4: the gradient check compares backward with finite differences of the loss.
//
//   numeric = (J(w + epsilon) - J(w - epsilon)) / (2 epsilon)
//
// First a correct network, at its initial weights and after some training, with dropout (whose mask is the same
// throughout the check) and the L2 penalty. Then a network with a typical bug in one layer: the gradient of its
// weights is twice too large. A network with this bug still learns, only worse; the check finds it.

#include <descent/descent.hpp>
#include <iostream>
#include <string_view>

using namespace descent;

/// A Dense layer with a bug.
struct BuggyDense : Dense<double> {
  using Dense<double>::Dense;

  Batch<double> backward(const Batch<double>& x, const Batch<double>& dy, Cache& c, BuggyDense& gradient,
                         const Pass& pass) const {
    const Batch<double> dx = Dense<double>::backward(x, dy, c, gradient, pass);
    gradient.weight *= 2;  // the bug
    return dx;
  }
};

/// Checks a network and names the parameters whose gradient is wrong.
template <class Net>
void check(std::string_view title, const Net& net, const Dataset<double>& data) {
  const GradientReport report =
      check_gradient(net, SoftmaxCrossEntropy{}, data.x, data.y, {.regularizer = L2{.lambda = 0.1}});
  std::cout << title << '\n' << report;
  for (const GradientReport::Block& block : report.blocks)
    if (block.relative_difference > 1e-3) std::cout << "the bug is in " << block.name << '\n';
  std::cout << '\n';
}

int main() {
  // Double precision, few samples, a small network: the check runs forward twice for every parameter.
  const Dataset<double> data =
      blobs<double>({.samples = 12, .classes = 3, .features = 4, .spread = 1, .seed = 1});

  Rng rng{1};
  Sequential net{Dense<double>{4, 6, rng}, Tanh<double>{}, Dropout<double>{{.keep = 0.8}},
                 Dense<double>{6, 5, rng}, ReLU<double>{}, Dense<double>{5, 3, rng}};
  check("At the initial weights", net, data);
  fit(net, data, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01},
      {.epochs = 50, .batch_size = 4, .progress = silent});
  check("After some training", net, data);

  const Sequential buggy{Dense<double>{4, 6, rng}, Tanh<double>{}, Dropout<double>{{.keep = 0.8}},
                         BuggyDense{6, 5, rng},    ReLU<double>{}, Dense<double>{5, 3, rng}};
  check("With a bug", buggy, data);
}
