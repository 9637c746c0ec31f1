#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <span>

#include "descent/core/batch.hpp"
#include "descent/core/team.hpp"
#include "descent/core/types.hpp"
#include "descent/data/batches.hpp"
#include "descent/data/dataset.hpp"
#include "descent/training/augmentation.hpp"

namespace descent::detail {

/// Inputs and targets of some samples.
template <std::floating_point T>
struct Samples {
  Batch<T> x, y;
};

/// The samples of a step or of a part of it: given as matrices, or as numbers of samples of a data set, which are
/// gathered and augmented when they are loaded.
template <std::floating_point T>
class MiniBatch {
 public:
  /// The augmentation of a run, which may be empty, with the arguments that it takes.
  struct Augment {
    const Augmentation<T>& function;
    std::uint64_t seed;
    std::int64_t epoch;
  };

  MiniBatch(Batch<T> x, Batch<T> y) : given_{x, y} {}
  MiniBatch(const Dataset<T>& data, std::span<const Index> samples, const Augment& augment)
      : given_{data.x, data.y}, data_{&data}, samples_{samples}, augment_{&augment} {}

  Index size() const { return is_given() ? given_.x.cols() : static_cast<Index>(samples_.size()); }

  /// A part of the samples.
  MiniBatch part(const Part& part) const {
    if (is_given()) return {columns(given_.x, part), columns(given_.y, part)};
    return {*data_,
            samples_.subspan(static_cast<std::size_t>(part.first), static_cast<std::size_t>(part.count)),
            *augment_};
  }

  /// The samples as matrices, gathered into the memory given unless they were given as matrices.
  Samples<T> load(Matrix<T>& x, Matrix<T>& y) const {
    if (is_given()) return given_;
    gather(data_->x, samples_, x);
    gather(data_->y, samples_, y);
    if (augment_->function) augment_->function(x, samples_, augment_->seed, augment_->epoch);
    return {x, y};
  }

 private:
  bool is_given() const { return data_ == nullptr; }
  static Batch<T> columns(const Batch<T>& of, const Part& part) {
    return {of.data() + part.first * of.rows(), of.rows(), part.count};
  }

  Samples<T> given_;
  const Dataset<T>* data_ = nullptr;
  std::span<const Index> samples_;
  const Augment* augment_ = nullptr;
};

}  // namespace descent::detail
