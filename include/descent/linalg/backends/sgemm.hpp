#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "descent/core/errors.hpp"
#include "descent/linalg/backends/gemm.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Throws Error if oneDNN reports a failure.
inline void expect_success(dnnl_status_t status) {
  if (status != dnnl_success)
    throw Error("oneDNN", joined("expected a product, got error ", static_cast<int>(status)),
                status == dnnl_out_of_memory ? "choose a smaller batch: memory ran out" : "");
}

/// Computes a product in f32 by oneDNN, whose matrices are row-major: it sees column-major ones as transposed and
/// computes C^T = op(B)^T op(A)^T.
inline void sgemm(const Gemm<float>& g, float* c) {
  expect_success(dnnl_sgemm(g.transpose_b ? 'T' : 'N', g.transpose_a ? 'T' : 'N', g.n(), g.m(), g.k(), 1,
                            g.b.data(), g.b.rows(), g.a.data(), g.a.rows(), 0, c, g.m()));
}

}  // namespace descent::detail
