#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "descent/core/batch.hpp"
#include "descent/core/sample_weights.hpp"
#include "descent/core/types.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/parallel/parts.hpp"
#include "descent/parallel/workers.hpp"
#include "descent/training/augmentation.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Inputs, targets and weights of some samples.
template <std::floating_point T>
struct Samples {
  Batch<T> x, y;
  SampleWeights<T> weights;
};

/// The memory into which samples are gathered.
template <std::floating_point T>
struct GatheredSamples {
  Matrix<T> x, y;
  Vector<T> weights;
  std::vector<Index> lengths;
};

/// The samples of a step or of a part of it: given as matrices, or as indices into a data set, which are gathered and
/// augmented when they are loaded.
template <std::floating_point T>
class MiniBatch {
 public:
  /// The augmentation of a run, which may be empty, and its arguments.
  struct Augment {
    const Augmentation<T>* function = nullptr;
    std::uint64_t seed = 0;
    std::int64_t epoch = 0;
  };

  MiniBatch(const Batch<T>& x, const Batch<T>& y, SampleWeights<T> weights) : given_{x, y, weights} {}
  MiniBatch(const Dataset<T>& data, std::span<const Index> samples, const Augment& augment)
      : data_{&data}, samples_{samples}, augment_{augment} {}

  Index size() const { return is_given() ? given_.x.samples() : static_cast<Index>(samples_.size()); }

  /// Returns the number of samples, or of time steps of sequences, with their padding.
  Index positions() const {
    const Shape shape = is_given() ? given_.x.shape() : data_->sample_shape();
    return shape.height == 1 ? size() * shape.width : size();
  }

  /// Returns a part of the samples.
  [[gnu::noinline]] MiniBatch part(const Part& part) const {
    const auto [first, count] = part;
    if (is_given())
      return {given_.x.columns(first, count), given_.y.columns(first, count),
              given_.weights.segment(first, count)};
    return {*data_, samples_.subspan(static_cast<std::size_t>(first), static_cast<std::size_t>(count)),
            augment_};
  }

  /// Returns the samples as matrices; samples that are given by index are gathered into `to`, with zeros as padding.
  Samples<T> load(GatheredSamples<T>& to, Workers& workers = single_thread) const {
    if (is_given()) return given_;
    gather(data_->x, samples_, to.x, workers);
    gather(data_->y, samples_, to.y);
    gather(data_->weights, samples_, to.weights);
    gather(data_->lengths, samples_, to.lengths);
    if (const auto& [change, seed, epoch] = augment_; change != nullptr && *change)
      (*change)(to.x, to.y, samples_, seed, epoch, workers);
    const Batch<T> x = Batch<T>{to.x, data_->sample_shape()}.with_lengths(to.lengths);
    clear_padding(x, to.x);
    return {x, to.y, to.weights};
  }

 private:
  bool is_given() const { return data_ == nullptr; }

  Samples<T> given_;
  const Dataset<T>* data_ = nullptr;
  std::span<const Index> samples_;
  Augment augment_;
};

}  // namespace descent::detail
