#pragma once

#include <string>
#include <tuple>

#include "conformance/table.hpp"

namespace conformance {

/// An optimizer, with a learning rate at which it finds the minimum of Rosenbrock's function within `rosenbrock_steps`.
template <class O>
struct OptimizerRow {
  std::string name;
  O optimizer;
  double rosenbrock_rate;
};
template <class O>  // clang 14 has no class template argument deduction for aggregates
OptimizerRow(std::string, O, double) -> OptimizerRow<O>;

inline const auto optimizers = std::tuple{
    OptimizerRow{"GradientDescent", GradientDescent{.learning_rate = 0.1}, 1e-3},
    OptimizerRow{"Momentum", Momentum{.learning_rate = 0.1}, 5e-3},
    OptimizerRow{"Momentum with bias correction", Momentum{.learning_rate = 0.1, .bias_correction = true},
                 5e-3},
    OptimizerRow{"Momentum with Velocity::sum", Momentum{.learning_rate = 0.01, .velocity = Velocity::sum},
                 5e-4},
    OptimizerRow{"Nesterov", Nesterov{.learning_rate = 0.1}, 5e-3},
    OptimizerRow{"Adagrad", Adagrad{.learning_rate = 1}, 1},
    OptimizerRow{"Adadelta", Adadelta{.learning_rate = 3, .epsilon = 1e-7}, 1e-2},
    OptimizerRow{"RMSprop", RMSprop{.learning_rate = 0.1}, 1e-4},
    OptimizerRow{"RMSprop, centered", RMSprop{.learning_rate = 0.1, .centered = true}, 1e-4},
    OptimizerRow{"RMSprop with momentum", RMSprop{.learning_rate = 0.01, .epsilon = 0.01, .momentum = 0.9},
                 1e-4},
    OptimizerRow{"Adam", Adam{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"AdamW", AdamW{.learning_rate = 0.1, .weight_decay = 0}, 1e-2},
    OptimizerRow{"AMSGrad", AMSGrad{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"Adamax", Adamax{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"Nadam", Nadam{.learning_rate = 0.1}, 1e-2},
    OptimizerRow{"LBFGS", LBFGS{.learning_rate = 0.1}, 0.1},
};

}  // namespace conformance
