#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "descent/concepts/frozen_layers.hpp"
#include "descent/core/random.hpp"
#include "descent/core/types.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/parallel/workers.hpp"

namespace descent::inline DESCENT_ABI {

/// The mode of a forward pass: inference or training. The random numbers of training depend only on the seed, the
/// layer, the step and the sample, so that any mask can be drawn again.
class Pass {
 public:
  /// The place of a training pass in the run, from which masks are drawn.
  struct Training {
    std::uint64_t seed = 0;
    std::int64_t step = 0;
    Index first_sample = 0;             ///< the index of the batch's first column in the mini-batch
    Workers* workers = &single_thread;  ///< the threads that share each operation of the pass
    const FrozenLayers* frozen =
        nullptr;                  ///< layers that training leaves unchanged, which must outlive the pass
    Communicator* ranks = &solo;  ///< the processes whose samples `BatchNorm` takes as one mini-batch
  };

  static Pass inference(Workers& workers = single_thread) { return Pass{workers}; }
  static Pass training(const Training& at) { return Pass{at}; }

  /// Returns a pass like inference, but layers that normalize by batch statistics in training do so here.
  static Pass measuring() {
    Pass pass = inference();
    pass.batch_statistics_ = true;
    return pass;
  }

  bool is_training() const { return training_; }
  /// False in inference and in a frozen layer.
  bool uses_batch_statistics() const {
    return batch_statistics_ && (frozen_ == nullptr || !frozen_->is_whole());
  }

  /// The position of the first layer of a chain whose gradient is needed: those before it are frozen.
  std::size_t first_trained() const { return frozen_ == nullptr ? 0 : frozen_->first_trained(); }

  /// The threads that share each operation. A layer passes them to `Product` and to the loops of parallel/parts.hpp;
  /// one that does not runs on the calling thread.
  Workers& workers() const { return *workers_; }

  /// The processes whose samples are normalized together. All of them make the same passes.
  Communicator& ranks() const { return *ranks_; }

  /// Returns the pass with other threads.
  Pass with_workers(Workers& workers) const {
    Pass pass = *this;
    pass.workers_ = &workers;
    return pass;
  }

  /// Returns the pass for the layer at `position` of a composition, which has separate random numbers.
  Pass inside(std::size_t position) const {
    Pass pass = *this;
    pass.layer_ = (layer_ + 1) * 0x9E3779B1 + static_cast<std::uint32_t>(position);
    if (frozen_ != nullptr) pass.frozen_ = frozen_->inside(position);
    return pass;
  }

  /// Returns 128 random bits: block `block` of column `column` in this layer and step.
  RandomBlock random(Index column, Index block) const { return philox(key_, counter(column, block)); }

  /// Returns 128 random 16-bit numbers, from the 16 blocks that begin at 16 * `chunk`, in the order that is fast to
  /// compute. Each is stored in 32 bits, as wide as a float, so that a selection of floats by them is vectorized.
  std::array<std::uint32_t, 128> random_u16(Index column, Index chunk) const {
    const RandomBlocks blocks = philox_blocks(key_, counter(column, 16 * chunk));
    std::array<std::uint32_t, 128> numbers;
    for (std::size_t w = 0; w < 4; ++w)
      for (std::size_t k = 0; k < 16; ++k) {
        numbers[32 * w + k] = blocks[w][k] & 0xFFFF;
        numbers[32 * w + 16 + k] = blocks[w][k] >> 16;
      }
    return numbers;
  }

  /// Returns a generator for column `column` in this layer and step, for draws that take a varying number of bits,
  /// such as normal numbers.
  Rng rng(Index column) const {
    const RandomBlock seed = random(column, 0);
    return Rng{(std::uint64_t{seed[1]} << 32) | seed[0]};
  }

 private:
  explicit Pass(Workers& workers) : workers_{&workers} {}
  explicit Pass(const Training& at)
      : training_{true},
        batch_statistics_{true},
        step_{static_cast<std::uint32_t>(at.step)},
        first_sample_{at.first_sample},
        workers_{at.workers},
        frozen_{at.frozen},
        ranks_{at.ranks} {
    const auto high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(at.step) >> 32);
    const RandomBlock key = philox(at.seed, {static_cast<std::uint32_t>(Purpose::layer), high, 0, 0});
    key_ = (std::uint64_t{key[1]} << 32) | key[0];
  }

  RandomBlock counter(Index column, Index block) const {
    return {layer_, step_, static_cast<std::uint32_t>(first_sample_) + static_cast<std::uint32_t>(column),
            static_cast<std::uint32_t>(block)};
  }

  bool training_ = false;
  bool batch_statistics_ = false;
  std::uint32_t layer_ = 0;
  std::uint32_t step_ = 0;
  Index first_sample_ = 0;
  Workers* workers_;
  const FrozenLayers* frozen_ = nullptr;
  Communicator* ranks_ = &solo;
  std::uint64_t key_ = 0;
};

}  // namespace descent
