#pragma once

#include <descent/descent.hpp>
#include <tuple>

/// The tables of components: one row for each. The tests in this folder run on every row.
namespace conformance {

using namespace descent;

/// Calls f(row) for each row of a table.
void for_each(const auto& table, auto&& f) {
  std::apply([&](const auto&... row) { (f(row), ...); }, table);
}

/// The columns of a matrix, each repeated as often as its weight.
inline Matrix<double> repeated(const Matrix<double>& columns, const Vector<double>& weights) {
  Matrix<double> all(columns.rows(), static_cast<Index>(weights.sum()));
  Index next = 0;
  for (Index j = 0; j < columns.cols(); ++j)
    for (double left = weights[j]; left > 0; --left) all.col(next++) = columns.col(j);
  return all;
}

}  // namespace conformance
