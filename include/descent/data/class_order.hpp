#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/data/class_weights.hpp"
#include "descent/data/dataset.hpp"

namespace descent::inline DESCENT_ABI {

class ClassOrder;
template <std::floating_point T>
ClassOrder stratified_order(const Dataset<T>& data, std::uint64_t seed = 0);
template <std::floating_point T>
ClassOrder balanced_order(const Dataset<T>& data, std::uint64_t seed = 0);

/// The order of samples by class, a function of the epoch for the `.order` of `fit`. Make it by `stratified_order` or
/// `balanced_order`.
class ClassOrder {
 public:
  /// Returns the samples of an epoch. Throws DataError for a negative epoch.
  std::vector<Index> operator()(std::int64_t epoch) const {
    if (epoch < 0)
      throw_error<DataError>("ClassOrder", {"expected an epoch of 0 or more, got ", epoch},
                             "count the epochs from 0");
    return is_balanced_ ? balanced(epoch) : stratified(epoch);
  }

 private:
  template <std::floating_point T>
  friend ClassOrder stratified_order(const Dataset<T>& data, std::uint64_t seed);
  template <std::floating_point T>
  friend ClassOrder balanced_order(const Dataset<T>& data, std::uint64_t seed);

  ClassOrder(const std::vector<std::vector<Index>>& classes, std::uint64_t seed, bool is_balanced)
      : seed_{seed}, is_balanced_{is_balanced} {
    for (const std::vector<Index>& members : classes) {
      if (!members.empty()) classes_.push_back(members);
      samples_ += members.size();
    }
    if (classes_.empty())
      throw DataError("ClassOrder", "expected samples with classes, got only ignored ones (-1)",
                      "number the classes from 0");
  }

  /// Each class takes places at equal distances, shifted at random: a part of the order has a share of each class that
  /// differs from that in the whole by less than 2 samples.
  std::vector<Index> stratified(std::int64_t epoch) const {
    Rng rng{seed_, Purpose::shuffle, static_cast<std::uint32_t>(epoch)};
    std::vector<std::pair<double, Index>> places;
    places.reserve(samples_);
    for (std::vector<Index> members : classes_) {
      rng.shuffle(members);
      const double shift = rng.uniform();
      for (std::size_t i = 0; i < members.size(); ++i)
        places.emplace_back((static_cast<double>(i) + shift) / static_cast<double>(members.size()),
                            members[i]);
    }
    std::sort(places.begin(), places.end());
    std::vector<Index> order;
    order.reserve(places.size());
    for (const auto& [place, sample] : places) order.push_back(sample);
    return order;
  }

  /// The classes take turns. Each has an endless list of its samples, shuffled again for each pass, in which an epoch
  /// continues where the one before it ended.
  std::vector<Index> balanced(std::int64_t epoch) const {
    const std::size_t rounds = (samples_ + classes_.size() - 1) / classes_.size();
    std::vector<Index> order(rounds * classes_.size());
    std::vector<std::size_t> turn(classes_.size());
    for (std::size_t c = 0; c < classes_.size(); ++c) {
      std::vector<Index> members;
      const std::uint64_t size = classes_[c].size(), begin = static_cast<std::uint64_t>(epoch) * rounds;
      std::uint64_t pass = begin / size;
      for (std::size_t i = 0; i < rounds; ++i) {
        const std::uint64_t at = begin + i;
        if (members.empty() || at / size != pass) {
          pass = at / size;
          members = classes_[c];
          Rng rng{seed_ + c, Purpose::shuffle, static_cast<std::uint32_t>(pass)};
          rng.shuffle(members);
        }
        order[i * classes_.size() + c] = members[static_cast<std::size_t>(at % size)];
      }
    }
    return order;
  }

  std::vector<std::vector<Index>> classes_;  // the samples of each class that occurs
  std::size_t samples_ = 0;
  std::uint64_t seed_;
  bool is_balanced_;
};

/// Returns an order in which each batch has the classes in their proportions in the training set, as far as whole
/// samples allow: with rare classes no batch lacks one by chance. Each epoch takes each sample once, in a new random
/// order.
///
///   fit(net, train, SoftmaxCrossEntropy{}, Adam{}, {.order = stratified_order(train)});
///
/// Throws   DataError without samples, or for targets that are not classes.
template <std::floating_point T>
ClassOrder stratified_order(const Dataset<T>& data, std::uint64_t seed) {
  return {detail::samples_by_class(data, "stratified_order"), seed, false};
}

/// Returns an order in which the classes take turns, so that each batch has as many samples of one as of another. An
/// epoch has as many samples as the training set: samples of rare classes are repeated, and a frequent class
/// takes several epochs for all of its samples. The outputs are then probabilities for classes that are equally
/// frequent.
///
///   fit(net, train, SoftmaxCrossEntropy{}, Adam{}, {.order = balanced_order(train)});
///
/// Throws   DataError without samples, or for targets that are not classes.
/// Example  examples/37_imbalance.cpp
template <std::floating_point T>
ClassOrder balanced_order(const Dataset<T>& data, std::uint64_t seed) {
  return {detail::samples_by_class(data, "balanced_order"), seed, true};
}

}  // namespace descent
