#include "backend.hpp"

#include "descent/data/split.hpp"
#include "descent/data/standardize.hpp"
#include "descent/io/csv.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/linalg/product.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/parallel/thread_workers.hpp"
#include "descent/training/fit.hpp"

using namespace descent;

namespace {

template <class T>
void multiply_by(Workers& workers, backend::Product product, const Batch<T>& a, const Batch<T>& b,
                 Matrix<T>& c) {
  switch (product) {
    case backend::Product::plain:
      return Product<T>::plain(a, b, c, workers);
    case backend::Product::transposed_left:
      return Product<T>::transposed_left(a, b, c, workers);
    case backend::Product::transposed_right:
      return Product<T>::transposed_right(a, b, c, workers);
  }
}

template <class T>
void multiply_in(int threads, backend::Product product, const auto& a, const auto& b, Matrix<T>& c) {
  const auto batch = [](const auto& m) { return Batch<T>{m.data(), Shape{m.rows()}, m.cols()}; };
  if (threads == 1) return multiply_by<T>(single_thread, product, batch(a), batch(b), c);
  ThreadWorkers workers{threads};
  multiply_by<T>(workers, product, batch(a), batch(b), c);
}

}  // namespace

namespace backend {

void multiply(Product product, Ref<const MatrixXf> a, Ref<const MatrixXf> b, MatrixXf& c, int threads) {
  multiply_in<float>(threads, product, a, b, c);
}
void multiply(Product product, Ref<const MatrixXd> a, Ref<const MatrixXd> b, MatrixXd& c, int threads) {
  multiply_in<double>(threads, product, a, b, c);
}

std::string_view name_for_float() { return descent::Product<float>::name; }
std::string_view name_for_double() { return descent::Product<double>::name; }

double digits_accuracy() {
  const Dataset digits = read_csv(DIGITS, {.label = "label"});
  auto [train, dev, test] = split(digits, {.train = 0.7, .dev = 0, .stratify = true, .seed = 1});
  const Standardize scale{train.x};
  for (auto* part : {&train, &test}) scale.apply(part->x);

  // Wide enough that the backend computes all products.
  Rng rng{1};
  Sequential net{Dense{64, 128, rng}, ReLU{}, Dense{128, 10, rng}};
  fit(net, train, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 15, .batch_size = 64, .progress = silent});
  return evaluate(net, test, Accuracy{});
}

}  // namespace backend
