#pragma once

#include <concepts>
#include <cstdint>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/data/dataset.hpp"
#include "descent/data/strata.hpp"

namespace descent {

struct KFoldOptions {
  Index folds = 5;
  bool stratify = false;  ///< the same mix of classes in each fold; needs classes as targets
  std::uint64_t seed = 0;
};

template <std::floating_point T = float>
struct Fold {
  Dataset<T> train, validation;
};

/// The numbers of the samples in each part of a fold.
struct FoldIndices {
  std::vector<Index> train, validation;
};

/// Which samples go where in k-fold cross-validation. Needs no memory for copies of the data.
///
/// Throws   DataError when there are fewer than 2 folds or fewer samples than folds, or when `stratify` meets
///          targets that are no classes.
template <std::floating_point T>
std::vector<FoldIndices> k_fold_indices(const Dataset<T>& data, const KFoldOptions& options = {}) {
  expect_samples(data, "k_fold", "the data");
  if (options.folds < 2 || options.folds > data.samples())
    throw DataError("k_fold",
                    detail::joined("expected from 2 to ", data.samples(),
                                   " folds, the number of samples, got ", options.folds),
                    "5 and 10 are usual; as many folds as samples leave one out each time");
  Rng rng{options.seed, Purpose::split};

  // Dealt out like cards, class after class: no two folds differ by more than one sample, neither in all nor
  // in any class.
  std::vector<Index> fold_of(static_cast<std::size_t>(data.samples()));
  Index dealt = 0;
  for (const std::vector<Index>& group : detail::strata(data, options.stratify, rng, "k_fold"))
    for (const Index sample : group) fold_of[static_cast<std::size_t>(sample)] = dealt++ % options.folds;

  std::vector<FoldIndices> folds(static_cast<std::size_t>(options.folds));
  for (Index sample = 0; sample < data.samples(); ++sample)
    for (Index fold = 0; fold < options.folds; ++fold) {
      FoldIndices& parts = folds[static_cast<std::size_t>(fold)];
      const bool held_out = fold == fold_of[static_cast<std::size_t>(sample)];
      (held_out ? parts.validation : parts.train).push_back(sample);
    }
  return folds;
}

/// Pairs of training and validation sets for cross-validation. Each sample is in exactly one validation set,
/// and in the training set of every other fold. Within a set the samples keep their order.
///
///   for (const auto& [train, validation] : k_fold(data, {.folds = 5, .stratify = true, .seed = 1})) ...
///
/// Throws   as k_fold_indices.
/// Cost     memory for `folds` copies of the data; k_fold_indices and Dataset::subset need one at a time.
/// Source   Hastie, Tibshirani, Friedman: The elements of statistical learning, 2nd edition, 7.10
template <std::floating_point T>
std::vector<Fold<T>> k_fold(const Dataset<T>& data, const KFoldOptions& options = {}) {
  std::vector<Fold<T>> folds;
  for (const FoldIndices& parts : k_fold_indices(data, options))
    folds.push_back({data.subset(parts.train), data.subset(parts.validation)});
  return folds;
}

}  // namespace descent
