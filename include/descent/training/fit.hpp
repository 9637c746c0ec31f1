#pragma once

#include <cstdint>
#include <type_traits>
#include <utility>

#include "descent/training/trainer.hpp"

namespace descent::inline DESCENT_ABI {

/// Trains a model in place.
///
///   const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 1e-3},
///                               {.epochs = 50, .batch_size = 32, .validation = &dev});
///
/// Runs a `Trainer` once and leaves its `best_model()` in `model`. With `.resume_from` the epochs of the checkpoint
/// count: the run ends after `.epochs` epochs in total.
///
/// Each call starts a new run: with the same `.seed` it takes the samples in the same order, and the state of the
/// optimizer is initialized again. To train a few epochs at a time, run a `Trainer` several times instead of calling
/// `fit` in a loop. If you need such calls, pass each one its `.first_epoch`, from which order, augmentation, dropout
/// and learning rate continue.
///
/// Returns  the history of the run
/// Throws   as Trainer::run; the model is then as it was before the step that failed.
/// Example  examples/01_digits.cpp
template <Layer M, Loss<typename M::Scalar> L, Optimizer<M> O>
History fit(M& model, const Dataset<typename M::Scalar>& train, L loss, O optimizer,
            std::type_identity_t<FitOptions<M>> options = {}) {
  Trainer trainer{model, std::move(loss), std::move(optimizer), std::move(options)};
  const std::int64_t before = trainer.steps();
  try {
    trainer.run(train, trainer.epochs_left());
  } catch (...) {
    if (trainer.steps() > before) model = std::move(trainer.model);
    throw;
  }
  model = M{trainer.best_model()};
  return std::move(trainer).history();
}

}  // namespace descent
