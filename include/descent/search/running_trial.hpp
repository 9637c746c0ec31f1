#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/data/dataset.hpp"
#include "descent/serialize/archive.hpp"
#include "descent/training/checkpoint/file.hpp"
#include "descent/training/history.hpp"
#include "descent/training/trainer.hpp"

namespace descent::inline DESCENT_ABI {

/// A trial that a search trains, pauses and continues: a trainer of any type with its training set. Create it with
/// `trial`.
class RunningTrial {
 public:
  template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
  RunningTrial(Trainer<M, L, O> trainer, const Dataset<typename M::Scalar>& train)
      : held_{std::make_unique<Held<Trainer<M, L, O>, Dataset<typename M::Scalar>>>(std::move(trainer),
                                                                                    train)} {}

  /// Trains to so many epochs in all, or less if early stopping or a callback ends the run.
  void train_to(int epochs) { held_->train_to(epochs); }
  const History& history() const { return held_->history(); }
  /// The names of the metrics that are measured after each epoch.
  std::vector<std::string> metrics() const { return held_->metrics(); }

  /// Writes a checkpoint, or continues from one. Throws FormatError.
  void save(const std::string& path) { held_->save(path); }
  void load(const std::string& path) { held_->load(path); }

 private:
  struct Interface {
    virtual ~Interface() = default;
    virtual void train_to(int epochs) = 0;
    virtual const History& history() const = 0;
    virtual std::vector<std::string> metrics() const = 0;
    virtual void save(const std::string& path) = 0;
    virtual void load(const std::string& path) = 0;
  };

  template <class T, class Data>
  struct Held final : Interface {
    Held(T trained, const Data& data) : trainer{std::move(trained)}, train{data} {}

    void train_to(int epochs) override {
      const auto done = static_cast<int>(trainer.epochs() - trainer.options.first_epoch);
      if (!trainer.stopped() && epochs > done) trainer.run(train, epochs - done);
    }
    const History& history() const override { return trainer.history(); }
    std::vector<std::string> metrics() const override {
      std::vector<std::string> names{"loss"};
      for (const auto& metric : trainer.options.metrics) names.emplace_back(metric.name());
      if (trainer.options.validation != nullptr)
        for (std::size_t i = names.size(), k = 0; k < i; ++k) names.push_back("val_" + names[k]);
      return names;
    }
    void save(const std::string& path) override { trainer.save(path); }
    void load(const std::string& path) override { detail::load_checkpoint(path, trainer); }

    T trainer;
    const Data& train;
  };

  std::unique_ptr<Interface> held_;
};

/// Returns the trial of a search that trains a model. Its progress display is switched off. The data sets must outlive
/// the search.
///
///   const auto start = [&](const Settings& s) {
///     return trial(Trainer{build(s), SoftmaxCrossEntropy{}, Adam{.learning_rate = s.rate}, {.validation = &dev}}, train);
///   };
///
/// Throws   DataError if the trainer writes checkpoints, since all trials would write to the same file.
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
RunningTrial trial(Trainer<M, L, O> trainer, const Dataset<typename M::Scalar>& train) {
  if (!trainer.options.checkpoint.path.empty())
    throw_error<DataError>("trial",
                           {"expected a trainer without .checkpoint, got \"",
                            static_cast<const std::string&>(trainer.options.checkpoint.path), '"'},
                           "set .folder of the search, which keeps a checkpoint for each trial");
  trainer.options.progress = silent;
  return {std::move(trainer), train};
}
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
RunningTrial trial(Trainer<M, L, O> trainer, const Dataset<typename M::Scalar>&& train) = delete;

}  // namespace descent
