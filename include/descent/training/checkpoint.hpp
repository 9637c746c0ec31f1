#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "descent/serialize/archive.hpp"
#include "descent/training/checkpoint/file.hpp"
#include "descent/training/loop_state.hpp"

namespace descent {

namespace detail {

/// The content of a checkpoint: the model, then the state of the loop, then the rest.
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

/// The path of a checkpoint. Constructed from a string, it brings the code that reads and writes the file; programs that
/// name no checkpoint do not compile it.
class CheckpointPath {
 public:
  CheckpointPath() = default;
  CheckpointPath(const std::convertible_to<std::string> auto& path)
      : path_{path}, save_{&save_to<detail::Checkpointed>}, load_{&load_from<detail::Checkpointed>} {}

  bool empty() const { return path_.empty(); }
  operator const std::string&() const { return path_; }
  friend std::string operator+(const CheckpointPath& path, std::string_view end) {
    return std::string{path.path_}.append(end);
  }

  /// Writes the file, or one beside it whose name has `end` as well.
  void save(detail::Checkpointed& run, std::string_view end = "") const { save_(*this, end, run); }
  void load(detail::Checkpointed& run) const { load_(path_, run); }

 private:
  template <class Run>
  static void save_to(const CheckpointPath& path, std::string_view end, Run& run) {
    detail::save_checkpoint(path + end, run);
  }
  template <class Run>
  static void load_from(const std::string& path, Run& run) {
    detail::load_checkpoint(path, run);
  }

  std::string path_;
  void (*save_)(const CheckpointPath&, std::string_view, detail::Checkpointed&) = nullptr;
  void (*load_)(const std::string&, detail::Checkpointed&) = nullptr;
};

/// The file to which training writes its state, and how often: after a number of steps or of seconds, whichever comes
/// first, and at the end of the run. 0 is never.
///
///   fit(net, train, loss, Adam{}, {.epochs = 100, .checkpoint = {.path = "run.ckpt"}});
///   fit(net, train, loss, Adam{}, {.epochs = 100, .checkpoint = {.path = "run.ckpt"}, .resume_from = "run.ckpt"});
///
/// The second goes on where the first was killed, and ends with the bits that it would have had. The file of the best
/// epoch, by `early_stopping.monitor` or else the loss, of the validation set if one is given, is kept beside it
/// as `run.ckpt.best`.
struct CheckpointOptions {
  CheckpointPath path = {};  ///< of the file; none is written without it
  std::int64_t every_steps = 0;
  double every_seconds = 60;
  bool keep_best = true;
};

}  // namespace descent
