#pragma once

// Needs OpenBLAS. With CMake, link descent::openblas in place of descent::descent. Without, compile all of the
// program with -DDESCENT_BACKEND='"descent/linalg/backends/openblas.hpp"' and link -lopenblas -lgomp.
#include <cblas.h>

#include <algorithm>
#include <concepts>
#include <limits>
#include <string_view>

#include "descent/linalg/backends/gemm.hpp"
#include "descent/linalg/backends/one_thread.hpp"

namespace descent {
namespace detail {

template <std::floating_point T, auto gemm>
struct OpenBlas {
  static constexpr std::string_view name = "OpenBLAS";

  /// Vectors, and below this: Eigen was measured to be faster, if not on all processors. blasint is an int.
  static bool pays(const Gemm<T>& g) {
    return g.takes(16 * 1024) && std::max({g.m(), g.n(), g.k()}) <= std::numeric_limits<blasint>::max();
  }

  static void multiply(const Gemm<T>& g, T* c) {
    // OpenBLAS is built without threads; on OpenMP, where what the calling thread has set counts; or with
    // threads of its own, which have one setting for the whole program.
    [[maybe_unused]] static const bool set = [] {
      if (openblas_get_parallel() == OPENBLAS_THREAD) openblas_set_num_threads(1);
      return true;
    }();
    const OneThread one_thread;
    const auto transposed = [](bool yes) { return yes ? CblasTrans : CblasNoTrans; };
    const auto size = [](Index n) { return static_cast<blasint>(n); };
    gemm(CblasColMajor, transposed(g.transpose_a), transposed(g.transpose_b), size(g.m()), size(g.n()),
         size(g.k()), T{1}, g.a.data(), size(g.a.rows()), g.b.data(), size(g.b.rows()), T{0}, c, size(g.m()));
  }
};

}  // namespace detail

/// By OpenBLAS, on one thread for each that calls. Small products are left to Eigen.
///
/// OpenBLAS that has threads of its own runs on one in the whole program, from the first product on.
template <>
struct Product<float> : detail::GemmProduct<float, detail::OpenBlas<float, cblas_sgemm>> {};
template <>
struct Product<double> : detail::GemmProduct<double, detail::OpenBlas<double, cblas_dgemm>> {};

}  // namespace descent
