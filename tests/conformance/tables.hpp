#pragma once

#include <descent/descent.hpp>
#include <functional>
#include <initializer_list>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

/// The tables that every component joins with one line. What a row must pass stands in the tests beside.
namespace conformance {

using namespace descent;

/// What one pass forward and backward gives: y, dx and all parameters of the gradient, one after another.
struct PassResult {
  Matrix<double> y, dx;
  std::vector<double> gradient;
  friend bool operator==(const PassResult&, const PassResult&) = default;
};

template <class M>
PassResult run_pass(const M& model, const Matrix<double>& x, const Matrix<double>& dy) {
  typename M::Cache cache;
  M slopes = zeros_like(model);
  PassResult result;
  result.y = model.forward(x, cache, Pass::training({.seed = 5}));
  result.dx = model.backward(x, dy, cache, slopes);
  M::visit([&](const Parameter&,
               const auto& s) { result.gradient.insert(result.gradient.end(), s.data(), s.data() + s.size()); },
           slopes);
  return result;
}

/// A layer for a sample of `shape`, given as a function that makes it in the precision of its first argument.
/// It is held type-erased, because the compiler then builds the tests once and not for every layer; only
/// `in_sequential` knows the type.
struct LayerRow {
  using Chain = PassResult(const Dense<double>& before, const Dense<double>& after, const Matrix<double>& x,
                           const Matrix<double>& dy);
  std::string name;
  Shape shape;
  std::function<AnyLayer<double>(Rng&)> make;
  std::function<AnyLayer<float>(Rng&)> make_float;
  std::function<Chain> in_sequential;

  template <class Make>
  LayerRow(std::string row_name, Shape sample, Make row_make)
      : name{std::move(row_name)},
        shape{sample},
        make{[=](Rng& rng) -> AnyLayer<double> { return row_make(double{}, rng); }},
        make_float{[=](Rng& rng) -> AnyLayer<float> { return row_make(float{}, rng); }},
        in_sequential{[=](const auto& before, const auto& after, const auto& x, const auto& dy) {
          Rng rng{7};
          return run_pass(Sequential{before, row_make(double{}, rng), after}, x, dy);
        }} {}
};

inline const std::vector<LayerRow> layers{
    LayerRow{"Dense", {5}, []<class T>(T, Rng& rng) { return Dense<T>{5, 4, rng}; }},
    LayerRow{"Dense without bias", {5}, []<class T>(T, Rng& rng) { return Dense<T>{5, 4, rng, Bias::none}; }},
    LayerRow{"ReLU", {5}, []<class T>(T, Rng&) { return ReLU<T>{}; }},
    LayerRow{"Sigmoid", {5}, []<class T>(T, Rng&) { return Sigmoid<T>{}; }},
    LayerRow{"Tanh", {5}, []<class T>(T, Rng&) { return Tanh<T>{}; }},
    LayerRow{"Identity", {5}, []<class T>(T, Rng&) { return Identity<T>{}; }},
    LayerRow{"LeakyReLU", {5}, []<class T>(T, Rng&) { return LeakyReLU<T>{{.slope = 0.2}}; }},
    LayerRow{"PReLU", {5}, []<class T>(T, Rng&) { return PReLU<T>{5}; }},
    LayerRow{"PReLU with one slope", {5}, []<class T>(T, Rng&) { return PReLU<T>{}; }},
    LayerRow{"ReLU6", {5}, []<class T>(T, Rng&) { return ReLU6<T>{}; }},
    LayerRow{"ELU", {5}, []<class T>(T, Rng&) { return ELU<T>{{.alpha = 0.7}}; }},
    LayerRow{"SELU", {5}, []<class T>(T, Rng&) { return SELU<T>{}; }},
    LayerRow{"GELU", {5}, []<class T>(T, Rng&) { return GELU<T>{}; }},
    LayerRow{"GELU by tanh", {5}, []<class T>(T, Rng&) { return GELU<T>{GELUForm::tanh}; }},
    LayerRow{"SiLU", {5}, []<class T>(T, Rng&) { return SiLU<T>{}; }},
    LayerRow{"Mish", {5}, []<class T>(T, Rng&) { return Mish<T>{}; }},
    LayerRow{"Softplus", {5}, []<class T>(T, Rng&) { return Softplus<T>{}; }},
    LayerRow{"Softsign", {5}, []<class T>(T, Rng&) { return Softsign<T>{}; }},
    LayerRow{"HardSigmoid", {5}, []<class T>(T, Rng&) { return HardSigmoid<T>{}; }},
    LayerRow{"HardTanh", {5}, []<class T>(T, Rng&) { return HardTanh<T>{}; }},
    LayerRow{"HardSwish", {5}, []<class T>(T, Rng&) { return HardSwish<T>{}; }},
    LayerRow{"Softmax", {5}, []<class T>(T, Rng&) { return Softmax<T>{}; }},
    LayerRow{"LogSoftmax", {5}, []<class T>(T, Rng&) { return LogSoftmax<T>{}; }},
    LayerRow{"Elementwise", {5}, []<class T>(T, Rng&) {
               return elementwise<T>([](auto x) { return x * x / (1 + x * x); });
             }},
    LayerRow{"BatchNorm", {5}, []<class T>(T, Rng&) { return BatchNorm<T>{5}; }},
    LayerRow{"LayerNorm", {5}, []<class T>(T, Rng&) { return LayerNorm<T>{5}; }},
    LayerRow{"Dropout", {5}, []<class T>(T, Rng&) { return Dropout<T>{{.keep = 0.7}}; }},
    LayerRow{"GaussianNoise", {5}, []<class T>(T, Rng&) { return GaussianNoise<T>{{.deviation = 0.5}}; }},
    LayerRow{"GaussianDropout", {5}, []<class T>(T, Rng&) { return GaussianDropout<T>{{.keep = 0.8}}; }},
    LayerRow{"Residual", {5}, []<class T>(T, Rng& rng) {
               return Residual{Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 5, rng}}};
             }},
    LayerRow{"Concat", {5}, []<class T>(T, Rng& rng) {
               return Concat{Dense<T>{5, 4, rng}, Identity<T>{}, Sequential{Dense<T>{5, 2, rng}, Tanh<T>{}}};
             }},
    LayerRow{"Sequential", {5}, []<class T>(T, Rng& rng) {
               return Sequential{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
    LayerRow{"Network", {5}, []<class T>(T, Rng& rng) {
               return Network{Dense<T>{5, 4, rng}, BatchNorm<T>{4}, Tanh<T>{}, Dense<T>{4, 3, rng}};
             }},
};

/// What a loss takes for a prediction.
enum class Prediction { any, probability };

/// A loss with as many outputs as it needs, a prediction and a target for each of three samples.
template <class L>
struct LossRow {
  std::string name;
  L loss;
  Matrix<double> prediction, target;
  Prediction kind;

  using Rows = std::initializer_list<std::initializer_list<double>>;
  LossRow(std::string row_name, L row_loss, Rows p, Rows t, Prediction row_kind = Prediction::any)
      : name{std::move(row_name)}, loss{row_loss}, prediction{p}, target{t}, kind{row_kind} {}
};

inline const auto losses = std::tuple{
    LossRow{"MeanSquaredError", MeanSquaredError{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"MeanAbsoluteError", MeanAbsoluteError{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 2, 1.1}}},
    LossRow{"Huber", Huber{.delta = 0.75}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"LogCosh", LogCosh{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, -1, 2}, {0.5, 3, 1}}},
    LossRow{"Hinge", Hinge{}, {{1.5, -2, 0.5}, {0, 3, 2}}, {{0, 1, 1}, {1, 0, 1}}},
    LossRow{"SquaredHinge", SquaredHinge{}, {{1.5, -2, 0.5}, {0, 3, 2}}, {{0, 1, 1}, {1, 0, 1}}},
    LossRow{"SigmoidCrossEntropy", SigmoidCrossEntropy{}, {{1, -2, 0.5}, {0, 3, 1}}, {{0, 1, 1}, {1, 0.3, 0}}},
    LossRow{"SoftmaxCrossEntropy", SoftmaxCrossEntropy{}, {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}}, {{0, 2, 1}}},
    LossRow{"SoftmaxCrossEntropy of probabilities",
            SoftmaxCrossEntropy{},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 0.2, 1}, {1, 0.5, 0}, {0, 0.3, 0}}},
    LossRow{"SoftmaxCrossEntropy, smooth and weighted",
            SoftmaxCrossEntropy{.label_smoothing = 0.1, .class_weights = {1, 2, 0.5}},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 2, 1}}},
    LossRow{"SoftmaxCrossEntropy of probabilities, smooth and weighted",
            SoftmaxCrossEntropy{.label_smoothing = 0.1, .class_weights = {1, 2, 0.5}},
            {{1, -2, 0.5}, {0, 3, 1}, {2, 2, -1}},
            {{0, 0.2, 1}, {1, 0.5, 0}, {0, 0.3, 0}}},
    LossRow{"BinaryCrossEntropy",
            BinaryCrossEntropy{},
            {{0.3, 0.5, 0.8}, {0.4, 0.7, 0.6}},
            {{0, 1, 1}, {1, 0.3, 0}},
            Prediction::probability},
    LossRow{"NegativeLogLikelihood", NegativeLogLikelihood{}, {{-1, -2, -0.5}, {-3, -0.2, -1}}, {{0, 1, 1}}},
    LossRow{"NegativeLogLikelihood of probabilities",
            NegativeLogLikelihood{},
            {{-1, -2, -0.5}, {-3, -0.2, -1}},
            {{0, 0.2, 1}, {1, 0.8, 0}}},
    LossRow{"KullbackLeibler", KullbackLeibler{}, {{-1, -2, -0.5}, {-3, -0.2, -1}}, {{0, 0.2, 1}, {1, 0.8, 0}}},
};

/// What the targets of a metric are.
enum class Target { classes, values };

/// A metric, a prediction and a target for each of six samples.
template <class A>
struct MetricRow {
  std::string name;
  A metric;
  Matrix<double> prediction, target;
  Target kind;

  using Rows = std::initializer_list<std::initializer_list<double>>;
  MetricRow(std::string row_name, A row_metric, Rows p, Rows t, Target row_kind = Target::classes)
      : name{std::move(row_name)}, metric{std::move(row_metric)}, prediction{p}, target{t}, kind{row_kind} {}
};

inline const auto metrics = std::tuple{
    MetricRow{"Accuracy", Accuracy{}, {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}}, {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"Accuracy of one output", Accuracy{}, {{1, -2, 0.5, 3, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"ConfusionMatrix",
              ConfusionMatrix{3},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"TopKAccuracy",
              TopKAccuracy{.k = 2},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 2}}},
    MetricRow{"Precision", Precision{}, {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}}, {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"Recall", Recall{}, {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}}, {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"F1 of one output", F1{}, {{1, -2, 0.5, 3, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"F1, micro",
              F1{.average = Average::micro},
              {{1, -2, 0, 0, 3, 1}, {0, 3, 1, 1, 2, 1}, {2, 1, -1, 4, 0, 1}},
              {{2, 0, 1, 1, 0, 0}}},
    MetricRow{"RocAuc", RocAuc{}, {{1, -2, 0.5, 1, -1, 0}}, {{1, 0, 0, 1, 1, 0}}},
    MetricRow{"R2", R2{}, {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}}, {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}}, Target::values},
    MetricRow{"RootMeanSquaredError",
              RootMeanSquaredError{},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
    MetricRow{"MeanLoss",
              MeanLoss{MeanAbsoluteError{}},
              {{1, -2, 0.5, 3, -1, 0}, {0, 3, 1, 1, 2, 1}},
              {{2, -1, 0, 3, 0, 1}, {1, 2, 5, 2, 3, 0}},
              Target::values},
};

/// A penalty on a network of which layers 0 and 2 have weights.
template <class R>
struct RegularizerRow {
  std::string name;
  R regularizer;
};

inline const auto regularizers = std::tuple{
    RegularizerRow<L1>{"L1", {.lambda = 0.3}},
    RegularizerRow<L2>{"L2", {.lambda = 0.3}},
    RegularizerRow<ElasticNet>{"ElasticNet", {.l1 = 0.3, .l2 = 0.2}},
    RegularizerRow<PerLayer>{"PerLayer", {{"0", L2{.lambda = 0.3}}, {"2", L1{.lambda = 0.2}}}},
};

/// What is applied to a model, or to a gradient, to keep it below `.limit`.
template <class C>
struct LimitRow {
  std::string name;
  C limit;
};

inline const auto limits = std::tuple{
    LimitRow<ClipByGlobalNorm>{"ClipByGlobalNorm", {.limit = 0.5}},
    LimitRow<ClipByValue>{"ClipByValue", {.limit = 0.5}},
    LimitRow<MaxNorm>{"MaxNorm", {.limit = 0.5}},
};

/// An optimizer, and a learning rate at which it finds the bottom of Rosenbrock's valley within
/// `rosenbrock_steps`.
template <class O>
struct OptimizerRow {
  std::string name;
  O optimizer;
  double rosenbrock_rate;
};
template <class O>  // for clang 14, which deduces no aggregates
OptimizerRow(std::string, O, double) -> OptimizerRow<O>;

inline const auto optimizers = std::tuple{
    OptimizerRow{"GradientDescent", GradientDescent{.learning_rate = 0.1}, 1e-3},
    OptimizerRow{"Momentum", Momentum{.learning_rate = 0.1}, 5e-3},
    OptimizerRow{"Momentum, corrected", Momentum{.learning_rate = 0.1, .bias_correction = true}, 5e-3},
    OptimizerRow{"Momentum, a sum", Momentum{.learning_rate = 0.01, .velocity = Velocity::sum}, 5e-4},
    OptimizerRow{"Nesterov", Nesterov{.learning_rate = 0.1}, 5e-3},
    OptimizerRow{"Adagrad", Adagrad{.learning_rate = 1}, 1},
    OptimizerRow{"Adadelta", Adadelta{.learning_rate = 3, .epsilon = 1e-7}, 1e-2},
    OptimizerRow{"RMSprop", RMSprop{.learning_rate = 0.1}, 1e-4},
    OptimizerRow{"RMSprop, centred", RMSprop{.learning_rate = 0.1, .centred = true}, 1e-4},
    OptimizerRow{"RMSprop with momentum", RMSprop{.learning_rate = 0.01, .epsilon = 0.01, .momentum = 0.9}, 1e-4},
    OptimizerRow{"Adam", Adam{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"AdamW", AdamW{.learning_rate = 0.1, .weight_decay = 0}, 1e-2},
    OptimizerRow{"AMSGrad", AMSGrad{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"Adamax", Adamax{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"Nadam", Nadam{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"LBFGS", LBFGS{.learning_rate = 0.1}, 0.1},
};

/// Calls f(row) for each row of a table.
void for_each(const std::vector<LayerRow>& table, auto&& f) {
  for (const LayerRow& row : table) f(row);
}
void for_each(const auto& table, auto&& f) {
  std::apply([&](const auto&... row) { (f(row), ...); }, table);
}

}  // namespace conformance
