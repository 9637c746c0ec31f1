#include "descent/inference/snapshots.hpp"

#include <atomic>
#include <thread>

#include "catch.hpp"
#include "descent/inference/predict.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/models/dynamic_sequential.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/training/trainer.hpp"
#include "support.hpp"

namespace snapshots_test {

using namespace descent;

TEST_CASE("Snapshots: the reader sees the newest value, and the same until it asks again") {
  Snapshots<int> snapshots{1};
  CHECK(snapshots.newest() == 1);
  snapshots.publish(2);
  snapshots.publish(3);
  const int& read = snapshots.newest();
  CHECK(read == 3);
  snapshots.publish(4);
  snapshots.publish(5);
  snapshots.publish(6);
  CHECK(read == 3);
  CHECK(snapshots.newest() == 6);
  CHECK(snapshots.newest() == 6);
}

TEST_CASE("Snapshots: a reader never sees a value that is half written, and never an older one",
          "[threads]") {
  constexpr int size = 1000, last = 20'000;
  Snapshots<Vector<>> snapshots{Vector<>::Zero(size)};
  std::atomic<bool> torn = false, backwards = false;
  std::thread reader{[&] {
    float before = 0;
    while (before < last) {
      const Vector<>& values = snapshots.newest();
      if (values.minCoeff() != values.maxCoeff()) torn = true;
      if (values(0) < before) backwards = true;
      before = values(0);
    }
  }};
  for (int i = 1; i <= last; ++i)
    snapshots.publish_by([&](Vector<>& values) { values.setConstant(static_cast<float>(i)); });
  reader.join();
  CHECK_FALSE(torn);
  CHECK_FALSE(backwards);
}

TEST_CASE("Snapshots: another thread predicts while a model learns", "[threads]") {
  Rng rng{1};
  const Sequential net{Dense{2, 8, rng}, ReLU{}, Dense{8, 1, rng}};
  FitOptions<std::remove_const_t<decltype(net)>> options{.progress = silent};
  Trainer trainer{net, MeanSquaredError{}, GradientDescent{.learning_rate = 0.01}, options};
  Snapshots snapshots{trainer.model};
  const Matrix<> x = Matrix<>::Random(2, 1), y = Matrix<>::Constant(1, 1, 3);
  std::atomic<bool> done = false;
  float seen = 0;
  std::thread reader{[&] {
    typename decltype(trainer.model)::Cache cache;
    for (bool last = false; !last;) {
      last = done;
      seen = snapshots.newest().forward(x, cache, Pass::inference())(0, 0);
    }
  }};
  for (int step = 0; step < 500; ++step) {
    trainer.step(x, y);
    snapshots.publish(trainer.model);
  }
  done = true;
  reader.join();
  CHECK(seen == predict(trainer.model, x)(0, 0));
}

}  // namespace snapshots_test
