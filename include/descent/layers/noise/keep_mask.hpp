#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "descent/concepts/pass.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Returns a probability of keeping a value; throws DataError unless it is in [2^-16, 1].
inline double checked_keep(std::string_view component, double keep) {
  if (!is_finite(keep) || keep < 0x1p-16 || keep > 1)
    throw_error<DataError>(component, {"expected a keep probability in [2^-16, 1], got ", keep},
                           "pass the probability of keeping a value, not of dropping it");
  return keep;
}

/// Draws a mask of inverted dropout: 1 / keep with probability `keep`, else 0. The random bits are those of the chunks
/// of 128 numbers that begin with `first_chunk`.
template <class T>
void draw_keep_mask(const Pass& pass, Index sample, Index first_chunk, double keep, T* mask, Index size) {
  const T factor = T(1 / keep);
  const auto threshold = static_cast<std::uint32_t>(std::round(keep * 65536));
  for (Index i = 0; i < size; i += 128) {
    const auto draws = pass.random_u16(sample, first_chunk + i / 128);
    T* const to = mask + i;
    const auto count = static_cast<std::size_t>(std::min(Index{128}, size - i));
    for (std::size_t k = 0; k < count; ++k) to[k] = draws[k] < threshold ? factor : T(0);
  }
}

}  // namespace descent::detail
