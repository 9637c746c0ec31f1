#include "descent/concepts/initializer.hpp"
#include "descent/concepts/layer.hpp"
#include "descent/concepts/loss.hpp"
#include "descent/concepts/metric.hpp"
#include "descent/concepts/optimizer.hpp"
#include "descent/concepts/pass.hpp"
#include "descent/concepts/regularizer.hpp"
#include "descent/concepts/schedule.hpp"
#include "descent/core/batch.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

#include <string>
#include <string_view>

#include <cstdint>
#include <limits>
#include <type_traits>
#include "catch.hpp"
#include "descent/initializers.hpp"
#include "descent/layers.hpp"
#include "descent/losses.hpp"
#include "descent/metrics.hpp"
#include "descent/models.hpp"
#include "descent/optimizers.hpp"
#include "descent/regularizers.hpp"
#include "descent/schedules.hpp"

namespace concepts_test {

using namespace descent;

namespace {

/// A minimal layer: y = factor * x.
struct Scale {
  using Scalar = float;
  struct Cache {
    Matrix<> y, dx;
  };
  static void visit(auto&& f, auto&... tree) { f(Parameter{"factor", Role::scale}, tree.factor...); }
  Shape output_shape(const Shape& in) const { return in; }
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) const { return c.y = factor[0] * x; }
  Batch<> backward(const Batch<>& x, const Batch<>& dy, Cache& c, Scale& gradient, const Pass&) const {
    gradient.factor[0] = x.cwiseProduct(dy).sum();
    return c.dx = factor[0] * dy;
  }
  Vector<> factor = Vector<>::Ones(1);
};

// Each of these lacks one requirement.
struct WithoutVisit {
  using Scalar = float;
};
struct VisitsOneTreeOnly {
  static void visit(auto&& f, auto& tree) { f(Parameter{"w", Role::weight}, tree); }
};
struct VisitsThroughAnObject {
  void visit(auto&&, auto&...) const {}
};
struct NotCopyable : Scale {
  NotCopyable() = default;
  NotCopyable(const NotCopyable&) = delete;
  NotCopyable& operator=(const NotCopyable&) = delete;
};
struct OfIntegers : Scale {
  using Scalar = int;
};
struct CacheNeedsASize : Scale {
  struct Cache : Scale::Cache {
    explicit Cache(int);
  };
};
struct ShapeIsANumber : Scale {
  Index output_shape(const Shape& in) const { return in.size(); }
};
struct ForwardChangesTheLayer : Scale {
  Batch<> forward(const Batch<>& x, Cache& c, const Pass&) { return c.y = x; }
};
struct ForwardReturnsACopy : Scale {
  Matrix<> forward(Batch<> x, Cache&, const Pass&) const { return x; }
};
struct ForwardWithoutPass : Scale {
  Batch<> forward(const Batch<>& x, Cache& c) const { return c.y = x; }
};
struct BackwardWithoutGradient : Scale {
  const Matrix<>& backward(Batch<>, Batch<> dy, Cache& c) const { return c.dx = dy; }
};

}  // namespace

TEST_CASE("Parameterized: visit must be static and take any number of trees") {
  STATIC_REQUIRE(Parameterized<Scale>);
  STATIC_REQUIRE(Parameterized<Dense<>>);
  STATIC_REQUIRE(Parameterized<ReLU<>>);
  STATIC_REQUIRE(Parameterized<DynamicSequential<>>);
  STATIC_REQUIRE_FALSE(Parameterized<WithoutVisit>);
  STATIC_REQUIRE_FALSE(Parameterized<VisitsOneTreeOnly>);
  STATIC_REQUIRE_FALSE(Parameterized<VisitsThroughAnObject>);
  STATIC_REQUIRE_FALSE(Parameterized<int>);
}

TEST_CASE("Layer: requires a copyable type with a cache and a shape and forward and backward") {
  STATIC_REQUIRE(Layer<Scale>);
  STATIC_REQUIRE(Layer<Dense<double>>);
  STATIC_REQUIRE(Layer<BatchNorm<>>);
  STATIC_REQUIRE(Layer<AnyLayer<>>);
  STATIC_REQUIRE(Layer<DynamicSequential<double>>);
  STATIC_REQUIRE(Layer<Sequential<Scale, Sequential<Scale, ReLU<>>>>);

  STATIC_REQUIRE_FALSE(Layer<WithoutVisit>);
  STATIC_REQUIRE_FALSE(Layer<NotCopyable>);
  STATIC_REQUIRE_FALSE(Layer<OfIntegers>);
  STATIC_REQUIRE_FALSE(Layer<CacheNeedsASize>);
  STATIC_REQUIRE_FALSE(Layer<ShapeIsANumber>);
  STATIC_REQUIRE_FALSE(Layer<ForwardChangesTheLayer>);
  STATIC_REQUIRE_FALSE(Layer<ForwardReturnsACopy>);
  STATIC_REQUIRE_FALSE(Layer<ForwardWithoutPass>);
  STATIC_REQUIRE_FALSE(Layer<BackwardWithoutGradient>);
}

TEST_CASE("LayerOf: requires the given scalar type") {
  STATIC_REQUIRE(LayerOf<Scale, float>);
  STATIC_REQUIRE_FALSE(LayerOf<Scale, double>);
  STATIC_REQUIRE_FALSE(LayerOf<WithoutVisit, float>);
}

namespace {

struct SumOfErrors {
  WeightedSum value(Batch<> p, Batch<> t, SampleWeights<>) const {
    return {static_cast<double>((p - t).sum()), static_cast<double>(p.cols())};
  }
  WeightedSum value_and_gradient(Batch<> p, Batch<> t, Matrix<>& dy, SampleWeights<> weights) const {
    dy.setOnes(p.rows(), p.cols());
    return value(p, t, weights);
  }
};
struct LossWithoutGradient {
  WeightedSum value(Batch<>, Batch<>, SampleWeights<>) const { return {}; }
};
struct LossWithoutValue {
  WeightedSum value_and_gradient(Batch<>, Batch<>, Matrix<>&, SampleWeights<>) const { return {}; }
};
struct LossIsAMean : SumOfErrors {
  double value(Batch<>, Batch<>, SampleWeights<>) const { return 0; }
};
struct LossWithoutWeights : SumOfErrors {
  WeightedSum value(Batch<>, Batch<>) const { return {}; }
};

}  // namespace

TEST_CASE("Loss: requires value and value_and_gradient") {
  STATIC_REQUIRE(Loss<SumOfErrors, float>);
  STATIC_REQUIRE(Loss<MeanSquaredError, double>);
  STATIC_REQUIRE(Loss<SoftmaxCrossEntropy, float>);
  STATIC_REQUIRE(Loss<SigmoidCrossEntropy, float>);
  STATIC_REQUIRE_FALSE(Loss<SumOfErrors, double>);
  STATIC_REQUIRE_FALSE(Loss<LossWithoutGradient, float>);
  STATIC_REQUIRE_FALSE(Loss<LossWithoutValue, float>);
  STATIC_REQUIRE_FALSE(Loss<LossIsAMean, float>);
  STATIC_REQUIRE_FALSE(Loss<LossWithoutWeights, float>);
  STATIC_REQUIRE_FALSE(Loss<Accuracy, float>);
}

TEST_CASE("Schedule: requires a pure function from a count to a number") {
  auto lambda = [](std::int64_t t) { return 1.0 / static_cast<double>(t + 1); };
  auto capturing = [initial = 0.1](std::int64_t) { return initial; };  // not assignable, unlike `lambda`
  auto text = [](std::int64_t) { return std::string{}; };
  auto of_nothing = [] { return 0.1; };
  auto changing = [n = 0](std::int64_t) mutable { return static_cast<double>(++n); };
  STATIC_REQUIRE(Schedule<decltype(lambda)>);
  STATIC_REQUIRE(Schedule<decltype(capturing)>);
  STATIC_REQUIRE(Schedule<InverseTime>);
  STATIC_REQUIRE(Schedule<Exponential>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(text)>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(of_nothing)>);
  STATIC_REQUIRE_FALSE(Schedule<decltype(changing)>);
  STATIC_REQUIRE_FALSE(Schedule<PerStep<InverseTime>>);
  STATIC_REQUIRE_FALSE(Schedule<double>);
}

TEST_CASE("Initializer: requires a call with matrix and fan and generator") {
  auto ones = [](auto& weight, const Fan&, Rng&) { weight.setOnes(); };
  auto without_generator = [](Matrix<>&, const Fan&) {};
  auto of_double = [](Matrix<double>&, const Fan&, Rng&) {};
  STATIC_REQUIRE(Initializer<decltype(ones), float>);
  STATIC_REQUIRE(Initializer<HeNormal, double>);
  STATIC_REQUIRE(Initializer<Zeros, float>);
  STATIC_REQUIRE_FALSE(Initializer<decltype(without_generator), float>);
  STATIC_REQUIRE_FALSE(Initializer<decltype(of_double), float>);
  STATIC_REQUIRE_FALSE(Initializer<double, float>);
}

namespace {

/// A minimal optimizer, which does not move the model.
struct Still {
  template <Parameterized M>
  struct State {
    TrainingProgress progress;
  };
  template <Parameterized M>
  State<M> init(const M&) const {
    return {};
  }
  template <Parameterized M>
  void step(M&, const M&, State<M>& state) const {
    ++state.progress.step;
  }
  double learning_rate(const TrainingProgress&) const { return 0; }
};
struct WithoutLearningRate {
  template <Parameterized M>
  using State = Still::State<M>;
  template <Parameterized M>
  State<M> init(const M&) const;
  template <Parameterized M>
  void step(M&, const M&, State<M>&) const;
};
struct StateWithoutProgress : Still {
  template <Parameterized M>
  struct State {};
  template <Parameterized M>
  State<M> init(const M&) const;
  template <Parameterized M>
  void step(M&, const M&, State<M>&) const;
};
struct StepChangesIt : Still {
  template <Parameterized M>
  void step(M&, const M&, State<M>&);
};

}  // namespace

TEST_CASE("Optimizer: requires a state that holds the training progress") {
  STATIC_REQUIRE(Optimizer<Still, Scale>);
  STATIC_REQUIRE(Optimizer<Adam, DynamicSequential<>>);
  STATIC_REQUIRE(Optimizer<Momentum, Dense<double>>);
  STATIC_REQUIRE(Optimizer<GradientDescent, Scale>);
  STATIC_REQUIRE_FALSE(Optimizer<WithoutLearningRate, Scale>);
  STATIC_REQUIRE_FALSE(Optimizer<StateWithoutProgress, Scale>);
  STATIC_REQUIRE_FALSE(Optimizer<StepChangesIt, Scale>);
  STATIC_REQUIRE_FALSE(Optimizer<Adam, WithoutVisit>);
  STATIC_REQUIRE_FALSE(Optimizer<InverseTime, Scale>);
}

namespace {

struct Nothing {
  double penalty(const Parameterized auto&, Index) const { return 0; }
  template <Parameterized M>
  void add_gradient(const M&, M&, Index) const {}
};
struct PenaltyAlone {
  double penalty(const Parameterized auto&, Index) const { return 0; }
};
struct WithoutSampleCount {
  double penalty(const Parameterized auto&) const { return 0; }
  template <Parameterized M>
  void add_gradient(const M&, M&) const {}
};

}  // namespace

TEST_CASE("Regularizer: requires a penalty and its gradient") {
  STATIC_REQUIRE(Regularizer<Nothing, Scale>);
  STATIC_REQUIRE(Regularizer<L2, DynamicSequential<>>);
  STATIC_REQUIRE_FALSE(Regularizer<PenaltyAlone, Scale>);
  STATIC_REQUIRE_FALSE(Regularizer<WithoutSampleCount, Scale>);
  STATIC_REQUIRE_FALSE(Regularizer<double, Scale>);
}

namespace {

struct Count {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  void merge(const Count&) {}
  double value() const { return 0; }
};
struct Nameless {
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  void merge(const Nameless&) {}
  double value() const { return 0; }
};
struct WithoutMerge {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  double value() const { return 0; }
};
struct WithoutWeights {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>) {}
  void merge(const WithoutWeights&) {}
  double value() const { return 0; }
};
struct ValueChangesIt {
  static constexpr std::string_view name = "count";
  void update(Batch<>, Batch<>, SampleWeights<>) {}
  void merge(const ValueChangesIt&) {}
  double value() { return 0; }
};

}  // namespace

TEST_CASE("Metric: requires update and merge and value and a name") {
  STATIC_REQUIRE(Metric<Count, float>);
  STATIC_REQUIRE(Metric<Accuracy, double>);
  STATIC_REQUIRE(Metric<ConfusionMatrix, float>);
  STATIC_REQUIRE_FALSE(Metric<Count, double>);
  STATIC_REQUIRE_FALSE(Metric<Nameless, float>);
  STATIC_REQUIRE_FALSE(Metric<WithoutMerge, float>);
  STATIC_REQUIRE_FALSE(Metric<WithoutWeights, float>);
  STATIC_REQUIRE_FALSE(Metric<ValueChangesIt, float>);
  STATIC_REQUIRE_FALSE(Metric<MeanSquaredError, float>);
}

TEST_CASE("TrainingProgress: counts that would overflow are refused") {
  const auto read = [](std::int64_t step) {
    TrainingProgress progress;
    const auto archive = [&](std::string_view name, auto& value) {
      if (name == "step") value = static_cast<std::remove_reference_t<decltype(value)>>(step);
    };
    progress.visit_members(archive);
  };
  CHECK_NOTHROW(read(std::int64_t{1} << 62));
  CHECK_THROWS_AS(read(std::numeric_limits<std::int64_t>::max()), FormatError);
  CHECK_THROWS_AS(read(-1), FormatError);
}

}  // namespace concepts_test
