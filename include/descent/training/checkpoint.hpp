#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/parallel/communicator.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/training/checkpoint/file.hpp"
#include "descent/training/loop_state.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Interface of a value that a checkpoint stores: first the model, then the state of the training loop, then the rest.
class Checkpointed {
 public:
  virtual LoopState& loop_state() = 0;
  virtual void visit_model(Archive& a) = 0;
  virtual void visit_rest(Archive& a) = 0;

  void visit_members(auto& a) {
    visit_model(a);
    loop_state().visit_members(a);
    visit_rest(a);
  }

 protected:
  Checkpointed() = default;
  Checkpointed(const Checkpointed&) = default;
  Checkpointed& operator=(const Checkpointed&) = default;
  ~Checkpointed() = default;
};

}  // namespace detail

/// The path of a checkpoint. Its constructor from a string instantiates the code that reads and writes the file, so
/// that programs without checkpoints do not compile it.
class CheckpointPath {
 public:
  CheckpointPath() = default;
  CheckpointPath(const std::convertible_to<std::string> auto& path)
      : path_{path}, save_{&save_to<detail::Checkpointed>}, load_{&load_from<detail::Checkpointed>} {}

  bool empty() const { return path_.empty(); }
  operator const std::string&() const { return path_; }
  friend std::string operator+(const CheckpointPath& path, std::string_view suffix) {
    return std::string{path.path_}.append(suffix);
  }

  /// Writes the file, with `suffix` appended to its name, on rank 0.
  void save(detail::Checkpointed& run, Communicator& ranks, std::string_view suffix = "") const {
    save_(*this, suffix, run, ranks);
  }
  /// Reads the file on rank 0.
  void load(detail::Checkpointed& run, Communicator& ranks) const { load_(path_, run, ranks); }

 private:
  template <class Run>
  static void save_to(const CheckpointPath& path, std::string_view suffix, Run& run, Communicator& ranks) {
    detail::save_checkpoint(path + suffix, run, ranks);
  }
  template <class Run>
  static void load_from(const std::string& path, Run& run, Communicator& ranks) {
    detail::load_checkpoint(path, run, ranks);
  }

  std::string path_;
  void (*save_)(const CheckpointPath&, std::string_view, detail::Checkpointed&, Communicator&) = nullptr;
  void (*load_)(const std::string&, detail::Checkpointed&, Communicator&) = nullptr;
};

/// The file to which training writes its state, and the intervals: after a number of steps or seconds, whichever comes
/// first, and at the end of the run. An interval of 0 means never.
///
///   fit(net, train, loss, Adam{}, {.epochs = 100, .checkpoint = {.path = "run.ckpt"}});
///   fit(net, train, loss, Adam{}, {.epochs = 100, .checkpoint = {.path = "run.ckpt"}, .resume_from = "run.ckpt"});
///
/// The second call resumes the first after it was killed, and ends with the same bits as an uninterrupted run. The
/// checkpoint of the best epoch is kept next to the last one as `run.ckpt.best`: best by the metric of
/// `early_stopping` or, without it, by `val_loss`, or by `loss` without a validation set.
///
/// Throws   DataError before training when an interval is negative; FormatError when the file cannot be written.
/// Example  examples/13_resume.cpp
struct CheckpointOptions {
  CheckpointPath path = {};      ///< of the file; empty for no checkpoints
  std::int64_t every_steps = 0;  ///< optimizer steps between two checkpoints; 0 for never
  double every_seconds = 60;     ///< seconds between two checkpoints; 0 for never
  bool keep_best = true;         ///< also writes the checkpoint of the best epoch
};

}  // namespace descent
