// Training steps per second of descent. The mode `fit` runs whole epochs instead of steps alone: it adds shuffling,
// gathering of batches and the history. The mode `predict` measures predictions, in samples per second.

#ifdef TIMED_PRODUCTS
#include "timed_product.hpp"
#endif

#include <descent/descent.hpp>
#include <limits>

#include "workloads.hpp"

namespace {

template <class Model>
descent::FitOptions<Model> options_for(const Job& job, const Sizes& sizes) {
  return {.batch_size = sizes.batch, .threads = job.threads, .progress = descent::silent};
}

/// Returns the steps per second of `fit`, which a callback stops when the time is over.
template <class W, class Model>
double steps_of_fit(Model& net, descent::FitOptions<Model> options, double seconds) {
  constexpr int batches = 8 * batch_count;  // long epochs, as in practice: each end of an epoch costs time
  const descent::Dataset<> data = make_data(W::sizes, batches * W::sizes.batch);
  int epochs = -1;  // the first epoch is the warm-up
  double begin = 0, elapsed = 0;
  options.epochs = std::numeric_limits<int>::max();
  options.on_epoch_end = {[&](const descent::EpochEnd<Model>&) {
    if (++epochs == 0) begin = now();
    elapsed = now() - begin;
    return elapsed < seconds ? descent::Next::proceed : descent::Next::stop;
  }};
  descent::fit(net, data, W::loss(), W::optimizer(), options);
  return batches * epochs / elapsed;
}

template <class W>
Result measure(const Job& job) {
  descent::Rng rng{1};
  auto net = W::network(rng);
  auto options = options_for<decltype(net)>(job, W::sizes);

  if (job.mode == "predict") {
    const descent::Dataset<> data = make_data(W::sizes, predicted_samples);
    return {predicted_samples * steps_per_second(job.seconds, [&] {
              descent::predict(net, data.inputs(), {.threads = job.threads});
            })};
  }
  if (job.mode == "fit") return {steps_of_fit<W>(net, options, job.seconds)};

  Batches batches{W::sizes};
  descent::Trainer trainer{net, W::loss(), W::optimizer(), options};
  const auto step = [&] {
    const auto [x, y] = batches.next();
    trainer.step(x, y);
  };
#ifdef TIMED_PRODUCTS
  double total = 0;
  const double speed = steps_per_second(job.seconds, [&] {
    const double begin = now();
    step();
    total += now() - begin;
  });
  return {speed, seconds_in_products / total};
#else
  return {steps_per_second(job.seconds, step)};
#endif
}

}  // namespace

int main(int argc, char** argv) {
  return run_worker(argc, argv, [](const Job& job) {
    Result result{};
    with_workload(job.workload, [&]<class W>(W) { result = measure<W>(job); });
    return result;
  });
}
