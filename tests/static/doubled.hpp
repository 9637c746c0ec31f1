#pragma once

#include <descent/linalg/product.hpp>

namespace descent::inline DESCENT_ABI {

/// A backend with wrong products, to tell it from Eigen's: c = 2 a b.
template <>
struct Product<float> : EigenProduct<float> {
  static void plain(const Batch<float>& a, const Batch<float>& b, Matrix<float>& c) {
    EigenProduct<float>::plain(a, b, c);
    c *= 2;
  }
};

}  // namespace descent
