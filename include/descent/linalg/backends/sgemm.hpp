#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "descent/core/errors.hpp"
#include "descent/linalg/product.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Throws Error if oneDNN reports a failure.
inline void expect_success(dnnl_status_t status) {
  if (status != dnnl_success)
    throw Error("oneDNN", joined("expected a product, got error ", static_cast<int>(status)),
                status == dnnl_out_of_memory ? "choose a smaller batch: memory ran out" : "");
}

/// Computes a product in f32 by oneDNN, whose matrices are row-major: it sees column-major ones as transposed and
/// computes C^T = op(B)^T op(A)^T.
inline void sgemm(const Gemm<float>& g) {
  const bool adds = g.offset != nullptr;
  if (adds) g.begin();
  expect_success(dnnl_sgemm(g.b.transposed ? 'T' : 'N', g.a.transposed ? 'T' : 'N', g.cols, g.rows, g.depth,
                            1, g.b.data, g.b.stride, g.a.data, g.a.stride, adds ? 1 : 0, g.c, g.c_stride));
}

}  // namespace descent::detail
