#pragma once

#include <descent/linalg/product.hpp>

namespace descent::inline DESCENT_ABI {

/// A backend with wrong products, to tell it from Eigen's: c = 2 a b + offset.
template <>
struct Product<float> : EigenProduct<float> {
  static void affine(const Batch<float>& a, const Batch<float>& b, const Vector<float>& offset,
                     Matrix<float>& c, Workers& workers) {
    const Matrix<float> doubled = 2 * a;
    EigenProduct<float>::affine(doubled, b, offset, c, workers);
  }
};

}  // namespace descent
