#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/strata.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `k_fold`.
struct KFoldOptions {
  Index folds = 5;
  bool stratify = false;  ///< keep the class proportions in each fold; the targets must be classes
  std::uint64_t seed = 0;
};

/// The training and the validation set of one fold.
template <std::floating_point T = float>
struct Fold {
  Dataset<T> train, validation;
};

/// The sample indices of each part of a fold.
struct FoldIndices {
  std::vector<Index> train, validation;
};

/// Assigns the samples to folds for k-fold cross-validation and returns the indices, without copies of the data.
///
/// Throws   DataError for fewer than 2 folds, for fewer samples than folds, and for `stratify` with targets that are
///          not classes.
template <std::floating_point T>
std::vector<FoldIndices> k_fold_indices(const Dataset<T>& data, const KFoldOptions& options = {}) {
  expect_samples(data, "k_fold", "the data");
  if (options.folds < 2 || options.folds > data.samples())
    throw DataError("k_fold",
                    detail::joined("expected from 2 to ", data.samples(),
                                   " folds, the number of samples, got ", options.folds),
                    "choose .folds = 5 or 10, or the number of samples for leave-one-out");
  Rng rng{options.seed, Purpose::split};

  // Round robin, class by class: the sizes of two folds differ by at most one sample, in total and in each class.
  std::vector<Index> fold_of(static_cast<std::size_t>(data.samples()));
  Index assigned = 0;
  for (const std::vector<Index>& group : detail::strata(data, options.stratify, rng, "k_fold"))
    for (const Index sample : group) fold_of[static_cast<std::size_t>(sample)] = assigned++ % options.folds;

  std::vector<FoldIndices> folds(static_cast<std::size_t>(options.folds));
  for (Index sample = 0; sample < data.samples(); ++sample)
    for (Index fold = 0; fold < options.folds; ++fold) {
      FoldIndices& parts = folds[static_cast<std::size_t>(fold)];
      const bool held_out = fold == fold_of[static_cast<std::size_t>(sample)];
      (held_out ? parts.validation : parts.train).push_back(sample);
    }
  return folds;
}

/// Splits a data set into pairs of training and validation sets for k-fold cross-validation. Each sample is in exactly
/// one validation set, and in the training set of every other fold. Within a set the samples keep their order.
///
///   for (const auto& [train, validation] : k_fold(data, {.folds = 5, .stratify = true, .seed = 1})) ...
///
/// Throws   like k_fold_indices.
/// Cost     memory for `folds` copies of the data; with k_fold_indices and Dataset::subset, for one at a time.
/// Source   Hastie, Tibshirani, Friedman: The elements of statistical learning, 2nd edition, 7.10
/// Example  examples/11_small_sets.cpp
template <std::floating_point T>
std::vector<Fold<T>> k_fold(const Dataset<T>& data, const KFoldOptions& options = {}) {
  std::vector<Fold<T>> folds;
  for (const FoldIndices& parts : k_fold_indices(data, options))
    folds.push_back({data.subset(parts.train), data.subset(parts.validation)});
  return folds;
}

}  // namespace descent
