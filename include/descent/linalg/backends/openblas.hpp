#pragma once

// Needs OpenBLAS. With CMake, link descent::openblas in place of descent::descent. Without, compile all of the
// program with -DDESCENT_BACKEND=openblas and link -lopenblas -lgomp.
#include <cblas.h>

#include <algorithm>
#include <concepts>
#include <limits>
#include <string_view>

#include "descent/linalg/backends/one_thread.hpp"
#include "descent/linalg/product.hpp"

namespace descent::inline DESCENT_ABI {
namespace detail {

template <std::floating_point T, auto gemm>
struct OpenBlas {
  static constexpr std::string_view name = "OpenBLAS";

  /// True if OpenBLAS is faster than Eigen, as measured on most processors: not for vectors and fewer
  /// multiplications. The sizes must fit into blasint, which may be an int.
  static bool pays(const Gemm<T>& g) {
    return g.takes(16 * 1024) && std::max({g.rows, g.cols, g.depth}) <= std::numeric_limits<blasint>::max();
  }

  static void multiply(const Gemm<T>& whole, Workers& workers) {
    multiply_in_blocks<T, T>(whole, {64, 16}, workers, [](const Gemm<T>& g) { multiply_block(g); });
  }

 private:
  static void multiply_block(const Gemm<T>& g) {
    // OpenBLAS is built without threads, or with OpenMP, whose setting is per calling thread, or with its own
    // threads, whose setting is global.
    [[maybe_unused]] static const bool set = [] {
      if (openblas_get_parallel() == OPENBLAS_THREAD) openblas_set_num_threads(1);
      return true;
    }();
    const OneThread one_thread;
    const bool adds = g.offset != nullptr;
    if (adds) g.begin();
    const auto order = [](bool transposed) { return transposed ? CblasTrans : CblasNoTrans; };
    const auto size = [](Index n) { return static_cast<blasint>(n); };
    gemm(CblasColMajor, order(g.a.transposed), order(g.b.transposed), size(g.rows), size(g.cols),
         size(g.depth), T{1}, g.a.data, size(g.a.stride), g.b.data, size(g.b.stride), adds ? T{1} : T{0}, g.c,
         size(g.c_stride));
  }
};

}  // namespace detail

/// Products by OpenBLAS. Eigen computes small products. The last bits depend on the number of
/// threads, because the library chooses a kernel by the size of a block.
///
/// If OpenBLAS is built with its own threads, the first product sets it to one thread in the whole program.
template <>
struct Product<float> : detail::Products<float, detail::OpenBlas<float, cblas_sgemm>> {};
template <>
struct Product<double> : detail::Products<double, detail::OpenBlas<double, cblas_dgemm>> {};

}  // namespace descent
