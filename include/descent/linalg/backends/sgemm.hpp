#pragma once

#include <oneapi/dnnl/dnnl.h>

#include "descent/core/errors.hpp"
#include "descent/linalg/backends/gemm.hpp"

namespace descent::detail {

/// Throws   Error when oneDNN fails.
inline void expect_success(dnnl_status_t status) {
  if (status != dnnl_success)
    throw Error("oneDNN", joined("expected a product, got error ", static_cast<int>(status)),
                status == dnnl_out_of_memory ? "memory ran out" : "");
}

/// A product in f32 by oneDNN. It takes matrices by rows: what we store by columns is the transposed matrix
/// to it, and C^T = op(B)^T op(A)^T.
inline void sgemm(const Gemm<float>& g, float* c) {
  expect_success(dnnl_sgemm(g.transpose_b ? 'T' : 'N', g.transpose_a ? 'T' : 'N', g.n(), g.m(), g.k(), 1,
                            g.b.data(), g.b.rows(), g.a.data(), g.a.rows(), 0, c, g.m()));
}

}  // namespace descent::detail
