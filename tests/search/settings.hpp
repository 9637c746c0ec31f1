#pragma once

// Settings for the tests of the search.

#include <cstdint>
#include <descent/losses/softmax_cross_entropy.hpp>
#include <descent/metrics/accuracy.hpp>
#include <descent/optimizers/adam.hpp>
#include <descent/optimizers/momentum.hpp>
#include <descent/search.hpp>
#include <descent/training/trainer.hpp>
#include <sstream>
#include <string>

#include "support.hpp"

namespace support {

/// Two numbers, one of them whole.
struct Plane {
  double x = 0;
  int n = 0;
  static void visit(auto&& f, auto& s) {
    f(descent::Range{"x", 0, 1}, s.x);
    f(descent::Range{"n", 1, 4}, s.n);
  }
};

/// All kinds of hyper-parameters, with a condition.
struct Mixed {
  enum class Rule { adam, momentum };
  Rule rule = Rule::adam;
  double rate = 0, beta = 0;
  descent::Index batch = 32, width = 8;
  std::string activation = "relu";
  bool bias = true;
  float keep = 1;

  static void visit(auto&& f, auto& s) {
    using descent::Choice, descent::Range, descent::Scale;
    f(Choice{"rule", {"adam", "momentum"}}, s.rule);
    if (s.rule == Rule::adam) {
      f(Range{"rate", 1e-5, 1e-1, Scale::log}, s.rate);
    } else {
      f(Range{"rate", 1e-3, 10, Scale::log}, s.rate);
      f(Range{"beta", 0.5, 0.999, Scale::one_minus_log}, s.beta);
    }
    f(Choice{"batch", {16, 32, 64}}, s.batch);
    f(Range{"width", 1, 128, Scale::log}, s.width);
    f(Choice{"activation", {"relu", "tanh"}}, s.activation);
    f(Choice{"bias", {"no", "yes"}}, s.bias);
    f(Range{"keep", 0.5, 1}, s.keep);
  }
};

/// The settings of a small network.
struct NetSettings {
  double rate = 0.01;
  descent::Index width = 4;
  static void visit(auto&& f, auto& s) {
    f(descent::Range{"rate", 1e-4, 10, descent::Scale::log}, s.rate);
    f(descent::Range{"width", 2, 16, descent::Scale::log}, s.width);
  }
};

inline const descent::Dataset<>& train_clouds() {
  static const descent::Dataset<> data = three_clouds(90, 1);
  return data;
}
inline const descent::Dataset<>& dev_clouds() {
  static const descent::Dataset<> data = three_clouds(60, 2);
  return data;
}

/// Returns a trial of a network for the clouds.
inline descent::RunningTrial start_net(const NetSettings& s, std::uint64_t seed) {
  using namespace descent;
  Rng rng{seed};
  Dense<> first{2, s.width, rng}, last{s.width, 3, rng};
  return trial(Trainer{Sequential{first, BatchNorm<>{s.width}, ReLU<>{}, last},
                       SoftmaxCrossEntropy{},
                       Momentum{.learning_rate = s.rate},
                       {.validation = &dev_clouds(), .metrics = {Accuracy{}}, .seed = seed}},
               train_clouds());
}

/// Returns the table as CSV: equal tables have equal texts.
template <class S>
std::string csv_of(const descent::Trials<S>& trials) {
  std::ostringstream out;
  trials.write_csv(out);
  return out.str();
}

}  // namespace support
