#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <numeric>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/diagnosis/rules/data.hpp"

// Nearest neighbors, in features of deviation 1, for the rules that compare samples.
namespace descent::inline DESCENT_ABI::detail {

/// Returns at most `most` of the numbers 0 to count - 1, evenly spaced.
inline std::vector<Index> evenly(Index count, Index most) {
  const Index chosen = std::min(count, most);
  std::vector<Index> indices;
  for (Index k = 0; k < chosen; ++k) indices.push_back(k * count / chosen);
  return indices;
}

/// The samples of a training set among which neighbors are searched, scaled by their deviation.
template <std::floating_point T>
class Neighbors {
 public:
  static constexpr Index most = 5000;  // samples among which are searched

  /// A sample and its distance.
  struct Neighbor {
    double distance;
    Index sample;  // in the training set
  };

  explicit Neighbors(const Matrix<T>& train, Index at_most = most)
      : samples_{evenly(train.cols(), at_most)}, scale_(train.rows()) {
    const Moments moments = moments_of(train);
    mean_.resize(train.rows());
    for (Index i = 0; i < train.rows(); ++i) {
      const double variance = moments.variance[static_cast<std::size_t>(i)];
      mean_[i] = static_cast<T>(moments.mean[static_cast<std::size_t>(i)]);
      scale_[i] = variance > 0 ? static_cast<T>(1 / std::sqrt(variance)) : T(0);
    }
    x_ = scaled(train, samples_);
    squares_ = x_.colwise().squaredNorm().transpose();
  }

  /// Calls f(query, neighbors) for the chosen columns of `x` with their nearest samples, the nearest first. A query is
  /// not its own neighbor if `x` is the training set.
  void search(const Matrix<T>& x, const std::vector<Index>& queries, std::size_t count, bool is_train,
              auto&& f) const {
    constexpr std::size_t block = 64;
    std::vector<Neighbor> near;
    for (std::size_t first = 0; first < queries.size(); first += block) {
      const std::vector<Index> now(
          queries.begin() + static_cast<std::ptrdiff_t>(first),
          queries.begin() + static_cast<std::ptrdiff_t>(std::min(first + block, queries.size())));
      const Matrix<T> q = scaled(x, now);
      const Matrix<T> products = x_.transpose() * q;
      for (std::size_t k = 0; k < now.size(); ++k) {
        const auto column = static_cast<Index>(k);
        const auto square = static_cast<double>(q.col(column).squaredNorm());
        near.clear();
        for (Index c = 0; c < x_.cols(); ++c) {
          const Index sample = samples_[static_cast<std::size_t>(c)];
          if (is_train && sample == now[k]) continue;
          const double distance = square + static_cast<double>(squares_[c] - 2 * products(c, column));
          near.push_back({std::max(0.0, distance), sample});
        }
        const std::size_t found = std::min(count, near.size());
        std::partial_sort(near.begin(), near.begin() + static_cast<std::ptrdiff_t>(found), near.end(),
                          [](const Neighbor& a, const Neighbor& b) { return a.distance < b.distance; });
        near.resize(found);
        for (Neighbor& n : near) n.distance = std::sqrt(n.distance);
        f(now[k], std::as_const(near));
      }
    }
  }

 private:
  Matrix<T> scaled(const Matrix<T>& x, const std::vector<Index>& columns) const {
    Matrix<T> part(x.rows(), static_cast<Index>(columns.size()));
    for (std::size_t k = 0; k < columns.size(); ++k)
      part.col(static_cast<Index>(k)) = (x.col(columns[k]) - mean_).cwiseProduct(scale_);
    return part;
  }

  std::vector<Index> samples_;
  Vector<T> mean_, scale_, squares_;
  Matrix<T> x_;
};

}  // namespace descent::detail
