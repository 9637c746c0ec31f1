#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/options.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/training/augmentation.hpp"

namespace descent::inline DESCENT_ABI {

/// Mixes each sample of a mini-batch with another one of the training set, and their targets in the same shares:
///
///   x = share * x + (1 - share) * x of the other      share ~ Beta(alpha, alpha)
///
///   train.y = one_hot(train.y, 10);
///   fit(net, train, SoftmaxCrossEntropy{}, Adam{}, {.augment = Mixup{train, 0.2, Augment{train.shape, RandomCrop{}}}});
///
/// The other sample and the share depend only on the index of the sample, the seed and the epoch, not on the mini-batch
/// or the number of threads. Both samples are augmented before. The data set must outlive the training.
///
/// Shapes   x [features, m]   y [classes, m], one-hot or other probabilities
/// Throws   DataError when alpha is not in (0, 1], or the targets are a single row, such as classes.
/// Cost     one more pass over the mini-batch, and the augmentation twice.
/// Source   Zhang, Cisse, Dauphin, Lopez-Paz: mixup: Beyond Empirical Risk Minimization (ICLR 2018)
template <std::floating_point T = float>
class Mixup {
 public:
  explicit Mixup(const Dataset<T>& train, double alpha = 0.2, Augmentation<T> augment = {})
      : train_{&train}, alpha_{alpha}, augment_{std::move(augment)} {
    expect_probability({name, "alpha", alpha, "choose 0.2, or 1 for uniform shares"});
    expect_positive({name, "alpha", alpha, "choose 0.2, or 1 for uniform shares"});
    if (train.y.rows() < 2)
      throw_error<DataError>(name,
                             {"expected a row of targets for each class, got ", train.y.rows(), " in all"},
                             "convert the classes: train.y = one_hot(train.y, classes)");
    expect_samples(train, name, "the training set");
  }

  void operator()(Matrix<T>& x, Matrix<T>& y, std::span<const Index> samples, std::uint64_t seed,
                  std::int64_t epoch, Workers& workers = single_thread) const {
    thread_local Matrix<T> other_x, other_y;
    thread_local std::vector<Index> others;
    thread_local std::vector<T> shares;
    others.clear();
    shares.clear();
    for (const Index sample : samples) {
      const RandomBlock key =
          philox(seed, {static_cast<std::uint32_t>(Purpose::augment), static_cast<std::uint32_t>(epoch),
                        static_cast<std::uint32_t>(sample), static_cast<std::uint32_t>(sample >> 32)});
      // A stream of its own: those of an Augment are numbered from 0.
      Rng rng{(std::uint64_t{key[1]} << 32) | key[0], Purpose::augment, ~std::uint32_t{0}};
      others.push_back(rng.below(train_->samples()));
      shares.push_back(static_cast<T>(share(rng)));
    }
    gather(train_->x, others, other_x, workers);
    gather(train_->y, others, other_y);
    if (augment_) {
      augment_(x, y, samples, seed, epoch, workers);
      augment_(other_x, other_y, others, seed, epoch, workers);
    }
    for_columns(workers, x.rows(), x.cols(), [&](Index j) {
      const T part = shares[static_cast<std::size_t>(j)];
      x.col(j) = part * x.col(j) + (1 - part) * other_x.col(j);
      y.col(j) = part * y.col(j) + (1 - part) * other_y.col(j);
    });
  }

 private:
  static constexpr std::string_view name = "Mixup";

  /// Draws from Beta(alpha, alpha) by Joehnk's method, whose logarithms do not underflow for a small alpha.
  double share(Rng& rng) const {
    for (;;) {
      const double a = std::log(rng.uniform()) / alpha_, b = std::log(rng.uniform()) / alpha_;
      const double larger = std::max(a, b), sum = std::exp(a - larger) + std::exp(b - larger);
      if (is_finite(larger) && larger + std::log(sum) <= 0) return std::exp(a - larger) / sum;
    }
  }

  const Dataset<T>* train_;
  double alpha_;
  Augmentation<T> augment_;
};

template <std::floating_point T, class A>
Mixup(const Dataset<T>&, double, A) -> Mixup<T>;

}  // namespace descent
