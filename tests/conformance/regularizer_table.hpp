#pragma once

#include <string>
#include <tuple>

#include "conformance/table.hpp"

namespace conformance {

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

}  // namespace conformance
