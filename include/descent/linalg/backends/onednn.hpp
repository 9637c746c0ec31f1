#pragma once

// Needs oneDNN. With CMake, link descent::onednn in place of descent::descent. Without, compile all of the
// program with -DDESCENT_BACKEND=onednn and link -ldnnl -lgomp.
#include <string_view>

#include "descent/linalg/backends/one_thread.hpp"
#include "descent/linalg/backends/sgemm.hpp"
#include "descent/linalg/product.hpp"

namespace descent::inline DESCENT_ABI {
namespace detail {

struct OneDnn {
  static constexpr std::string_view name = "oneDNN";

  /// True if oneDNN is faster than Eigen, as measured: not for vectors and fewer multiplications.
  static bool pays(const Gemm<float>& g) { return g.takes(32 * 1024); }

  static void multiply(const Gemm<float>& gemm, Workers& workers) {
    multiply_in_blocks<float, float>(gemm, {48, 8}, workers, [](const Gemm<float>& g) {
      const OneThread one_thread;
      sgemm(g);
    });
  }
};

}  // namespace detail

/// Products by oneDNN in f32. Eigen computes small products. The last bits depend on the number of
/// threads, because the library chooses a kernel by the size of a block.
///
/// oneDNN allocates working memory in each call.
template <>
struct Product<float> : detail::Products<float, detail::OneDnn> {};

}  // namespace descent
