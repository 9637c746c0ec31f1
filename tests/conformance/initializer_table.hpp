#pragma once

#include <string>
#include <tuple>

#include "conformance/table.hpp"

namespace conformance {

/// Where the values of an initialiser come from.
enum class Values {
  fixed,   ///< from no random number
  drawn,   ///< each from random numbers of its own, which compilers cannot round in different ways
  summed,  ///< from sums, which they can: the same but for rounding
};

template <class I>
struct InitializerRow {
  std::string name;
  I initializer;
  Values values;
};
template <class I>  // for clang 14, which deduces no aggregates
InitializerRow(std::string, I, Values) -> InitializerRow<I>;

inline const auto initializers = std::tuple{
    InitializerRow{"Zeros", Zeros{}, Values::fixed},
    InitializerRow{"Constant", Constant{.value = 0.1}, Values::fixed},
    InitializerRow{"Normal", Normal{.mean = 1, .deviation = 0.3}, Values::drawn},
    InitializerRow{"TruncatedNormal", TruncatedNormal{.mean = 1, .deviation = 0.3, .cut = 1}, Values::drawn},
    InitializerRow{"Uniform", Uniform{.low = -0.3, .high = 0.7}, Values::drawn},
    InitializerRow{"HeNormal", HeNormal{}, Values::drawn},
    InitializerRow{"HeUniform", HeUniform{}, Values::drawn},
    InitializerRow{"XavierNormal", XavierNormal{}, Values::drawn},
    InitializerRow{"XavierUniform", XavierUniform{}, Values::drawn},
    InitializerRow{"LeCunNormal", LeCunNormal{}, Values::drawn},
    InitializerRow{"LeCunUniform", LeCunUniform{}, Values::drawn},
    InitializerRow{"Orthogonal", Orthogonal{.gain = 1.5}, Values::summed},
};

}  // namespace conformance
