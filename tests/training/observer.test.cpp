#include "descent/training/observer.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/data/synthetic.hpp"
#include "descent/layers/activations/relu.hpp"
#include "descent/layers/dense.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/models/sequential.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/regularizers/l2.hpp"
#include "descent/training/fit.hpp"
#include "descent/training/trainer.hpp"

namespace observer_test {

using namespace descent;

namespace {

/// Notes what it sees of every third step.
struct Notes {
  std::vector<std::int64_t> steps = {}, begins = {}, ends = {};
  std::vector<double> penalties = {};
  std::vector<Index> samples = {}, outputs = {};
  Matrix<> before = {}, after = {}, gradient = {};
  OutputKind expected = OutputKind::unknown;
  bool has_validation = false;

  bool is_due(std::int64_t step) const { return step % 3 == 0; }
  void begin(const auto& run) { begins.push_back(run.steps); }
  void before_update(const auto& step) {
    steps.push_back(step.run.steps + 1);
    penalties.push_back(step.penalty);
    samples.push_back(step.prediction.samples());
    outputs.push_back(step.prediction.rows());
    before = step.run.model.template layer<0>().weight;
    gradient = step.gradient.template layer<0>().weight;
    expected = step.run.expected;
    has_validation = step.run.validation != nullptr;
  }
  void after_update(const auto& run) {
    CHECK(run.steps == steps.back());
    after = run.model.template layer<0>().weight;
  }
  void end(const auto& run) { ends.push_back(run.steps); }
};

auto network() {
  Rng rng{1};
  return Sequential{Dense{2, 8, rng}, ReLU{}, Dense{8, 3, rng}};
}
const Dataset<> train = blobs({.samples = 70});

}  // namespace

TEST_CASE("Observer: sees the steps that it asks for, and beginning and end of each run") {
  Notes notes;
  Trainer trainer{network(),
                  SoftmaxCrossEntropy{},
                  GradientDescent{.learning_rate = 0.1},
                  {.batch_size = 10, .validation = &train, .observer = &notes, .progress = silent}};
  trainer.run(train, 1);  // 7 steps
  trainer.run(train, 2);
  CHECK(notes.steps == std::vector<std::int64_t>{3, 6, 9, 12, 15, 18, 21});
  CHECK(notes.begins == std::vector<std::int64_t>{0, 7});
  CHECK(notes.ends == std::vector<std::int64_t>{7, 21});
  CHECK(notes.samples == std::vector<Index>(7, 10));
  CHECK(notes.outputs == std::vector<Index>(7, 3));
  CHECK(notes.expected == OutputKind::scores);
  CHECK(notes.has_validation);
}

TEST_CASE("Observer: the gradient is that of the mean loss, and the update follows from it") {
  Notes notes;
  auto net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.5},
      {.epochs = 1, .batch_size = 10, .observer = &notes, .progress = silent});
  CHECK((notes.before - 0.5F * notes.gradient).isApprox(notes.after, 1e-5F));
  CHECK(notes.penalties == std::vector<double>(2, 0.0));

  // With a penalty of lambda / (2 m) sum w^2 the gradient stays that of the loss.
  Notes with_penalty;
  net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.5},
      {.epochs = 1,
       .batch_size = 10,
       .regularizer = L2{.lambda = 7},
       .observer = &with_penalty,
       .progress = silent});
  const Matrix<> gradient = with_penalty.gradient + 7.0F / 70 * with_penalty.before;
  CHECK((with_penalty.before - 0.5F * gradient).isApprox(with_penalty.after, 1e-5F));
  CHECK(with_penalty.penalties.front() > 0);
}

TEST_CASE("Observer: changes no bit of the training") {
  Notes notes;
  auto watched = network(), alone = network();
  const FitOptions<decltype(alone)> options{.epochs = 2, .batch_size = 16, .progress = silent};
  auto with = options;
  with.observer = &notes;
  const History a = fit(watched, train, SoftmaxCrossEntropy{}, GradientDescent{}, with);
  const History b = fit(alone, train, SoftmaxCrossEntropy{}, GradientDescent{}, options);
  CHECK(a == b);
  CHECK(watched.layer<0>().weight == alone.layer<0>().weight);
}

TEST_CASE("Observer: by value it belongs to a trainer, whose copies gather apart") {
  Trainer trainer{network(),
                  SoftmaxCrossEntropy{},
                  GradientDescent{},
                  {.batch_size = 10, .observer = Notes{}, .progress = silent}};
  trainer.run(train, 1);
  auto copy = trainer;
  copy.run(train, 1);
  REQUIRE(trainer.options.observer.get_if<Notes>() != nullptr);
  CHECK(trainer.options.observer.get_if<Notes>()->ends == std::vector<std::int64_t>{7});
  CHECK(copy.options.observer.get_if<Notes>()->ends == std::vector<std::int64_t>{7, 14});
  CHECK(copy.options.observer.get_if<int>() == nullptr);
}

TEST_CASE("Observer: by address it is shared by the copies of a trainer") {
  Notes notes;
  Trainer trainer{network(),
                  SoftmaxCrossEntropy{},
                  GradientDescent{},
                  {.batch_size = 10, .observer = &notes, .progress = silent}};
  auto copy = trainer;
  trainer.run(train, 1);
  copy.run(train, 1);
  CHECK(notes.ends == std::vector<std::int64_t>{7, 7});
  CHECK(copy.options.observer.get_if<Notes>() == &notes);
}

namespace {

/// Notes the events of a run in the order of their calls.
struct Diary {
  std::string name;
  std::vector<std::string>* pages;
  std::int64_t every = 3;

  void note(const std::string& event) { pages->push_back(name + " " + event); }
  bool is_due(std::int64_t step) const { return step % every == 0; }
  void begin(const auto&) { note("begin"); }
  void before_update(const auto& step) { note("step " + std::to_string(step.run.steps + 1)); }
  void after_update(const auto& run) { note("after " + std::to_string(run.steps)); }
  void end_epoch(const auto& run) {
    note("epoch " + std::to_string(run.epochs));
    CHECK(static_cast<std::int64_t>(run.history.epochs()) == run.epochs);
  }
  void end(const auto&) { note("end"); }
  void finish(const auto&, std::string_view failure) {
    note("finish " + std::string{failure.substr(0, failure.find(','))});
  }
};

/// Notes what a run says of itself.
struct Look {
  std::string loss, optimizer;
  int epochs = 0;
  bool has_best = false;
  bool is_due(std::int64_t) const { return false; }
  void begin(const auto& run) {
    loss = run.loss, optimizer = run.optimizer;
    epochs = run.options.epochs;
    has_best = &run.best_model == &run.model;
  }
  void before_update(const auto&) {}
  void after_update(const auto&) {}
  void end(const auto&) {}
};

}  // namespace

TEST_CASE("Observer: each of a list sees the steps that it asks for; `finish` follows `end` of all") {
  std::vector<std::string> events;
  Diary a{"a", &events, 3}, b{"b", &events, 2};
  auto net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{.learning_rate = 0.1},
      {.epochs = 1, .batch_size = 20, .observer = {&a, &b}, .progress = silent});  // 4 steps
  CHECK(events == std::vector<std::string>{"a begin", "b begin", "b step 2", "b after 2", "a step 3",
                                           "a after 3", "b step 4", "b after 4", "a epoch 1", "b epoch 1",
                                           "a end", "b end", "a finish ", "b finish "});
}

TEST_CASE("Observer: a list finds an observer by its type, and copies those that it has by value") {
  std::vector<std::string> events;
  Diary diary{"diary", &events};
  Trainer trainer{network(),
                  SoftmaxCrossEntropy{},
                  GradientDescent{},
                  {.observer = {Notes{}, &diary}, .progress = silent}};
  const auto copy = trainer;
  CHECK(copy.options.observer.get_if<Diary>() == &diary);
  REQUIRE(copy.options.observer.get_if<Notes>() != nullptr);
  CHECK(copy.options.observer.get_if<Notes>() != trainer.options.observer.get_if<Notes>());
}

TEST_CASE("Observer: is told the error that ends a run") {
  std::vector<std::string> events;
  Diary diary{"a", &events, 1000};
  auto net = network();
  const auto options = [&](auto callback) {
    return FitOptions<decltype(net)>{
        .epochs = 3, .on_epoch_end = {callback}, .observer = &diary, .progress = silent};
  };
  const auto fail = [](const auto&) { throw DataError("callback", "expected patience, got none", ""); };
  CHECK_THROWS_AS(fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{}, options(fail)), DataError);
  CHECK(events == std::vector<std::string>{"a begin", "a epoch 1", "a finish callback: expected patience"});

  events.clear();
  const auto throw_other = [](const auto&) { throw 1; };
  CHECK_THROWS_AS(fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{}, options(throw_other)), int);
  CHECK(events.back() == "a finish an exception that is not a std::exception");
}

TEST_CASE("Observer: sees the names of loss and optimizer, the options and the model that fit returns") {
  Look look;
  auto net = network();
  fit(net, train, SoftmaxCrossEntropy{}, GradientDescent{},
      {.epochs = 2, .observer = &look, .progress = silent});
  CHECK(look.loss == "SoftmaxCrossEntropy");
  CHECK(look.optimizer == "GradientDescent");
  CHECK(look.epochs == 2);
  CHECK(look.has_best);
}

}  // namespace observer_test
