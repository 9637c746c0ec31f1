#pragma once

#include <string>
#include <tuple>

#include "conformance/table.hpp"

namespace conformance {

/// The source of the values of an initializer.
enum class Values {
  fixed,   ///< no random numbers
  drawn,   ///< random numbers for each value, the same bits with every compiler
  summed,  ///< sums of random numbers, which compilers may round differently
};

template <class I>
struct InitializerRow {
  std::string name;
  I initializer;
  Values values;
};
template <class I>  // clang 14 has no class template argument deduction for aggregates
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
