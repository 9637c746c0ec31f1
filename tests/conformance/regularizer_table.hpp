#pragma once

#include <string>
#include <tuple>

#include "conformance/table.hpp"

namespace conformance {

/// A penalty for a network in which layers 0 and 2 have weights.
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

/// A gradient transform or weight constraint with an option `.limit`.
template <class F>
struct TransformRow {
  std::string name;
  F transform;
};

inline const auto transforms = std::tuple{
    TransformRow<ClipByGlobalNorm>{"ClipByGlobalNorm", {.limit = 0.5}},
    TransformRow<ClipByValue>{"ClipByValue", {.limit = 0.5}},
    TransformRow<MaxNorm>{"MaxNorm", {.limit = 0.5}},
};

}  // namespace conformance
