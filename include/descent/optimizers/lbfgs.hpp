#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/optimizer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/function_ref.hpp"
#include "descent/core/not_copied.hpp"
#include "descent/core/options.hpp"
#include "descent/core/types.hpp"
#include "descent/optimizers/line_search.hpp"
#include "descent/schedules/learning_rate.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// L-BFGS: steps along -H dw, where H approximates the inverse Hessian from the changes of the gradient over the last
/// steps. For full batches: the noise of mini-batches is mistaken for curvature.
///
///   d = -H dw by the two-loop recursion over (s_i, y_i), the last `history` changes of w and of dw
///   w += alpha d                  in the first step, where H = I, alpha is multiplied by min(1, 1 / ||dw||_1)
///
/// A pair without positive curvature, y.s <= curvature ||s|| ||y||, is skipped, so that d is a descent direction.
///
/// `step` uses one evaluation and no line search, as torch.optim.LBFGS with max_iter = 1 does by default: choose alpha
/// below 1 where the objective is far from quadratic. `line_search_step`, which `minimize` calls, searches along d and
/// ignores the learning rate; it may need several evaluations per step, but fewer in total.
///
/// Throws   DataError from `init` when history is less than 1 or curvature is negative.
/// Cost     4 * history * parameters multiplications per step; 2 * history copies of the model.
/// Source   Nocedal, Wright: Numerical optimization (2nd edition, 2006), algorithms 7.4 and 7.5
/// Example  examples/12_minimize.cpp
struct LBFGS {
  static constexpr std::string_view name = "LBFGS";

  LearningRate learning_rate = 1.0;
  Index history = 10;
  double curvature = 1e-10;

  template <Parameterized M>
  struct State {
    TrainingProgress progress;
    M gradient, last_step;          // dw at the start of the last step, and that step
    std::vector<M> steps, changes;  // s and y, oldest first
    NotCopied<std::vector<double>> projections = {};
    NotCopied<std::optional<detail::Evaluated<M>>> trial = {};  // of the line search

    void visit_members(auto& a) {
      a("progress", progress);
      a("gradient", gradient);
      a("last_step", last_step);
      a("steps", steps, gradient);
      a("changes", changes, gradient);
      if (steps.size() != changes.size())
        throw FormatError("checkpoint",
                          detail::joined("expected ", steps.size(), " changes, got ", changes.size()),
                          "the file is damaged");
    }
  };

  template <Parameterized M>
  State<M> init(const M& model) const {
    expect_at_least_one({"LBFGS", "history", static_cast<double>(history)});
    expect_not_negative({"LBFGS", "curvature", curvature});
    return {{}, zeros_like(model), zeros_like(model), {}, {}};
  }

  template <Parameterized M>
  void step(M& model, const M& gradient, State<M>& state) const {
    using T = typename M::Scalar;
    const double alpha = learning_rate(state.progress);
    const T length = T(alpha * find_direction(gradient, state));
    ++state.progress.step;
    visit_flat(
        [&](auto w, auto d) {
          d *= length;
          w += d;
        },
        model, state.last_step);
  }

  template <Parameterized M>
  bool line_search_step(M& model, M& gradient, double& value, State<M>& state,
                        FunctionRef<double(const M&, M&)> objective) const {
    const double first_length = find_direction(gradient, state);
    if (!*state.trial) state.trial->emplace(detail::Evaluated<M>{model, gradient, value});
    detail::Evaluated<M>& to = **state.trial;
    const double length =
        detail::line_search(model, gradient, value, state.last_step, first_length, objective, to);
    if (length == 0) return false;
    visit_flat([&](auto d) { d *= typename M::Scalar(length); }, state.last_step);
    std::swap(model, to.model);
    std::swap(gradient, to.gradient);
    value = to.value;
    ++state.progress.step;
    return true;
  }

 private:
  /// Writes d to `state.last_step` and returns the initial step length. On entry `last_step` and `gradient` of the
  /// state are those of the previous step.
  template <Parameterized M>
  double find_direction(const M& gradient, State<M>& state) const {
    expect_at_least_one({"LBFGS", "history", static_cast<double>(history)});
    const bool first = state.progress.step == 0;
    if (!first) remember(gradient, state);
    visit_flat(
        [](auto dw, auto last, auto d) {
          last = dw;
          d = -dw;
        },
        gradient, state.gradient, state.last_step);
    if (first) {
      double norm = 0;
      visit_flat([&](auto dw) { norm += static_cast<double>(dw.abs().sum()); }, gradient);
      return std::min(1.0, 1 / norm);
    }
    apply_inverse(state);
    return 1;
  }

  template <Parameterized M>
  void remember(const M& gradient, State<M>& state) const {
    double sy = 0, ss = 0, yy = 0;
    visit_flat(
        [&](auto dw, auto before, auto s) {
          sy += static_cast<double>(((dw - before) * s).sum());
          ss += static_cast<double>(s.square().sum());
          yy += static_cast<double>((dw - before).square().sum());
        },
        gradient, state.gradient, state.last_step);
    if (!is_finite(sy) || sy <= curvature * std::sqrt(ss) * std::sqrt(yy)) return;

    if (state.steps.size() < static_cast<std::size_t>(history)) {
      state.steps.push_back(state.last_step);
      state.changes.push_back(state.last_step);
    } else {  // drops the oldest pair
      std::rotate(state.steps.begin(), state.steps.begin() + 1, state.steps.end());
      std::rotate(state.changes.begin(), state.changes.begin() + 1, state.changes.end());
      visit_flat([](auto s, auto last) { s = last; }, state.steps.back(), state.last_step);
    }
    visit_flat([](auto y, auto dw, auto before) { y = dw - before; }, state.changes.back(), gradient,
               state.gradient);
  }

  /// Computes d = H d.
  template <Parameterized M>
  static void apply_inverse(State<M>& state) {
    using T = typename M::Scalar;
    const std::size_t pairs = state.steps.size();
    if (pairs == 0) return;
    M& d = state.last_step;
    auto add = [&](double factor, const M& of) {
      visit_flat([&](auto x, auto y) { x += T(factor) * y; }, d, of);
    };
    std::vector<double>& projections = *state.projections;
    projections.resize(pairs);
    double scale = 1;
    for (std::size_t i = pairs; i-- > 0;) {
      const M &s = state.steps[i], &y = state.changes[i];
      const double sy = detail::dot(s, y);
      projections[i] = detail::dot(s, d) / sy;
      add(-projections[i], y);
      if (i + 1 == pairs) scale = sy / detail::dot(y, y);  // scale of the initial H, from the newest pair
    }
    visit_flat([&](auto x) { x *= T(scale); }, d);
    for (std::size_t i = 0; i < pairs; ++i) {
      const M &s = state.steps[i], &y = state.changes[i];
      add(projections[i] - detail::dot(y, d) / detail::dot(s, y), s);
    }
  }
};

}  // namespace descent
