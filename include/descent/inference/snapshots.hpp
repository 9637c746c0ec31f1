#pragma once

#include <array>
#include <atomic>

#include "descent/core/version.hpp"
#include "descent/tree/leaves.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI {

/// The newest value of one thread for another, without locks: while a model learns, another thread predicts with a
/// consistent copy of it. Neither thread ever waits for the other.
///
///   Snapshots snapshots{trainer.model};
///   // the thread that learns                      // the thread that predicts
///   trainer.step(x, y);                            const auto& model = snapshots.newest();
///   snapshots.publish(trainer.model);              model.forward(x, cache, Pass::inference());
///
/// There are three values: the reader has one, the writer fills another, and the third is the newest that is complete;
/// each side swaps its own for that one. What `newest` returns stays unchanged until the reader calls it again. One
/// thread publishes and one reads; several readers have a `Snapshots` each.
///
/// Of a model, `publish` copies the parameters and the state.
///
/// Cost     `publish` copies the numbers of a model, `newest` takes an atomic exchange at most; neither allocates memory
/// Example  examples/39_online.cpp
template <class V>
class Snapshots {
 public:
  explicit Snapshots(const V& first) : values_{first, first, first} {}
  Snapshots(const Snapshots&) = delete;
  Snapshots& operator=(const Snapshots&) = delete;

  /// Makes a copy of `value` the newest. Called by the writing thread alone.
  void publish(const V& value) {
    publish_by([&](V& copy) {
      if constexpr (Parameterized<V>)
        visit_leaves(copy, value, [](const auto& to, const auto& from) { to.array() = from.array(); });
      else
        copy = value;
    });
  }
  /// Makes the value that `fill(V&)` writes the newest; it overwrites one that was published before the last.
  void publish_by(auto&& fill) {
    fill(values_[writing_]);
    writing_ = newest_.exchange(writing_ | is_new, std::memory_order_acq_rel) & place;
  }

  /// Returns the newest value. Called by the reading thread alone.
  const V& newest() {
    if ((newest_.load(std::memory_order_relaxed) & is_new) != 0)
      reading_ = newest_.exchange(reading_, std::memory_order_acq_rel) & place;
    return values_[reading_];
  }

 private:
  static constexpr unsigned place = 3, is_new = 4;

  std::array<V, 3> values_;
  alignas(64) unsigned writing_ = 0;  // apart, so that the threads do not share a cache line
  alignas(64) unsigned reading_ = 1;
  alignas(64) std::atomic<unsigned> newest_ = 2;
};

}  // namespace descent
