#include "descent/concepts/optimizer.hpp"

#include <cstdint>
#include <limits>
#include <string_view>
#include <type_traits>

#include "catch.hpp"
#include "concepts/scale.hpp"
#include "descent/layers/dense.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/optimizers.hpp"
#include "descent/schedules.hpp"

namespace optimizer_test {

using namespace descent;
using support::Scale;
using support::WithoutVisit;

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

}  // namespace optimizer_test
