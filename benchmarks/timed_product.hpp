#pragma once

// A backend that times Eigen's products, for `step_descent_timed`, which measures their share of a step.

#include <chrono>
#include <descent/linalg/product.hpp>

/// The time of the products of this thread so far.
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
