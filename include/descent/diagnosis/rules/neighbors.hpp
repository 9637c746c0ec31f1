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

  /// The samples, by their number in the training set, and the squares of all distances between them.
  const std::vector<Index>& samples() const { return samples_; }
  Matrix<T> squared_distances() const {
    Matrix<T> squares = T(-2) * (x_.transpose() * x_);
    squares.colwise() += squares_;
    squares.rowwise() += squares_.transpose();
    return squares.cwiseMax(T(0));
  }

  /// Calls f(query, neighbors) for the chosen columns of `x` with their nearest samples, the nearest first. A query is
  /// not its own neighbor if `x` is the training set.
  void search(const Matrix<T>& x, const std::vector<Index>& queries, std::size_t count, bool is_train,
              auto&& f) const {
    constexpr std::size_t block = 64;
    std::vector<Neighbor> near;
    for (std::size_t first = 0; first < queries.size(); first += block) {
      const auto begin = queries.begin() + static_cast<std::ptrdiff_t>(first);
      const std::vector<Index> now(
          begin, begin + static_cast<std::ptrdiff_t>(std::min(block, queries.size() - first)));
      const Matrix<T> q = scaled(x, now);
      Matrix<T> squares = T(-2) * (x_.transpose() * q);
      squares.colwise() += squares_;
      for (std::size_t k = 0; k < now.size(); ++k) {
        const auto column = squares.col(static_cast<Index>(k));
        near.clear();
        for (Index c = 0; c < column.size(); ++c) {
          if (near.size() == count && !(column[c] < near.back().distance)) continue;
          const Index sample = samples_[static_cast<std::size_t>(c)];
          if (is_train && sample == now[k]) continue;
          insert(near, count, {static_cast<double>(column[c]), sample});
        }
        const auto own = static_cast<double>(q.col(static_cast<Index>(k)).squaredNorm());
        for (Neighbor& n : near) n.distance = std::sqrt(std::max(0.0, n.distance + own));
        f(now[k], std::as_const(near));
      }
    }
  }

 private:
  /// Inserts a neighbor in order, and drops the last one if there are more than `count`.
  static void insert(std::vector<Neighbor>& near, std::size_t count, const Neighbor& neighbor) {
    const auto at =
        std::upper_bound(near.begin(), near.end(), neighbor,
                         [](const Neighbor& a, const Neighbor& b) { return a.distance < b.distance; });
    near.insert(at, neighbor);
    if (near.size() > count) near.pop_back();
  }

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
