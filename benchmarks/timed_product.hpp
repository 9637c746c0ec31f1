#pragma once

// A backend of Eigen's products with a stopwatch, for `step_descent_timed`, which tells what share of a step they take.

#include <chrono>
#include <descent/linalg/product.hpp>

/// What the products of this thread have taken so far.
inline thread_local double seconds_in_products = 0;

namespace descent {

template <>
struct Product<float> {
  static void plain(Batch<float> a, Batch<float> b, Matrix<float>& c) {
    timed([&] { EigenProduct<float>::plain(a, b, c); });
  }
  static void transposed_left(Batch<float> a, Batch<float> b, Matrix<float>& c) {
    timed([&] { EigenProduct<float>::transposed_left(a, b, c); });
  }
  static void transposed_right(Batch<float> a, Batch<float> b, Matrix<float>& c) {
    timed([&] { EigenProduct<float>::transposed_right(a, b, c); });
  }

 private:
  static void timed(auto&& product) {
    const auto begin = std::chrono::steady_clock::now();
    product();
    seconds_in_products += std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  }
};

}  // namespace descent
