#pragma once

// A backend that times Eigen's products, for `step_descent_timed`, which measures their share of a step.

#include <chrono>
#include <descent/linalg/product.hpp>
#include <string_view>

/// The time of the products of this thread so far.
inline thread_local double seconds_in_products = 0;

namespace descent::inline DESCENT_ABI {
namespace detail {

struct TimedEigen {
  static constexpr std::string_view name = "Eigen, timed";

  static bool pays(const Gemm<float>&) { return true; }

  static void multiply(const Gemm<float>& gemm, Workers& workers) {
    const auto begin = std::chrono::steady_clock::now();
    EigenGemm<float>::multiply(gemm, workers);
    seconds_in_products += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
};

}  // namespace detail

template <>
struct Product<float> : detail::Products<float, detail::TimedEigen> {};

}  // namespace descent
