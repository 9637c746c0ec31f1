#pragma once

#include <descent/descent.hpp>
#include <memory>
#include <string_view>
#include <utility>

// Type-erased losses and optimizers, so that training is compiled once and not for each pair of them.

namespace fuzz {

/// A type-erased loss.
class AnyLoss {
  using B = descent::Batch<double>;
  using Weights = descent::SampleWeights<double>;

 public:
  static constexpr std::string_view name = "AnyLoss";

  template <class L>
  explicit AnyLoss(L loss) : self_{std::make_shared<Held<L>>(std::move(loss))} {}

  void check(descent::Index outputs, B target) const { self_->check(outputs, target); }
  descent::WeightedSum value(B prediction, B target, Weights weights) const {
    return self_->value(prediction, target, weights);
  }
  descent::WeightedSum value_and_gradient(B prediction, B target, descent::Matrix<double>& dy,
                                          Weights weights) const {
    return self_->value_and_gradient(prediction, target, dy, weights);
  }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual void check(descent::Index outputs, B target) const = 0;
    virtual descent::WeightedSum value(B prediction, B target, Weights weights) const = 0;
    virtual descent::WeightedSum value_and_gradient(B prediction, B target, descent::Matrix<double>& dy,
                                                    Weights weights) const = 0;
  };
  template <class L>
  struct Held final : Interface {
    explicit Held(L l) : loss{std::move(l)} {}
    void check(descent::Index outputs, B target) const override {
      if constexpr (requires { loss.check(outputs, target); }) loss.check(outputs, target);
    }
    descent::WeightedSum value(B prediction, B target, Weights weights) const override {
      return loss.value(prediction, target, weights);
    }
    descent::WeightedSum value_and_gradient(B prediction, B target, descent::Matrix<double>& dy,
                                            Weights weights) const override {
      return loss.value_and_gradient(prediction, target, dy, weights);
    }
    L loss;
  };
  std::shared_ptr<const Interface> self_;
};

/// A type-erased optimizer for models of one type.
template <class Model>
class AnyOptimizer {
  struct HeldState {
    virtual ~HeldState() = default;
    virtual std::unique_ptr<HeldState> clone() const = 0;
    virtual void step(Model& model, const Model& gradient, descent::TrainingProgress& progress) = 0;
    virtual void visit_members(descent::Archive& a) = 0;
  };

 public:
  template <class M>
  struct State {
    descent::TrainingProgress progress;
    std::unique_ptr<HeldState> held;

    State(std::unique_ptr<HeldState> state) : held{std::move(state)} {}
    State(const State& other) : progress{other.progress}, held{other.held->clone()} {}
    State& operator=(const State& other) {
      progress = other.progress;
      held = other.held->clone();
      return *this;
    }
    void visit_members(descent::Archive& a) {
      a("progress", progress);
      held->visit_members(a);
    }
  };

  template <class O>
  explicit AnyOptimizer(O optimizer)
      : learning_rate{optimizer.learning_rate},
        init_{[optimizer](const Model& model) { return std::make_unique<StateOf<O>>(optimizer, model); }} {}

  State<Model> init(const Model& model) const { return {init_(model)}; }
  void step(Model& model, const Model& gradient, State<Model>& state) const {
    state.held->step(model, gradient, state.progress);
  }

  descent::LearningRate learning_rate;

 private:
  template <class O>
  struct StateOf final : HeldState {
    StateOf(const O& o, const Model& model) : optimizer{o}, state{optimizer.init(model)} {}
    std::unique_ptr<HeldState> clone() const override { return std::make_unique<StateOf>(*this); }
    void step(Model& model, const Model& gradient, descent::TrainingProgress& progress) override {
      state.progress = progress;
      optimizer.step(model, gradient, state);
      progress = state.progress;
    }
    void visit_members(descent::Archive& a) override { a("state", state); }
    O optimizer;
    typename O::template State<Model> state;
  };

  std::function<std::unique_ptr<HeldState>(const Model&)> init_;
};

}  // namespace fuzz
