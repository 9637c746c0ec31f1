#include "descent/training/fit.hpp"

#include <algorithm>
#include <limits>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "catch.hpp"
#include "descent/losses/mean_squared_error.hpp"
#include "descent/losses/softmax_cross_entropy.hpp"
#include "descent/metrics/accuracy.hpp"
#include "descent/optimizers/adam.hpp"
#include "descent/optimizers/gradient_descent.hpp"
#include "descent/regularizers/l2.hpp"
#include "support.hpp"

namespace fit_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinRel;
using support::message_of;
using support::values_of;

namespace {

// The rounding error of a loss whose terms are summed in another order, in double precision.
constexpr double rounding = 1e-12;
const GradientDescent standstill{.learning_rate = 0};

template <class M>
M trained(M net, std::uint64_t seed) {
  const auto data = support::three_clouds<typename M::Scalar>(50);
  fit(net, data, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 3, .batch_size = 8, .seed = seed, .progress = silent});
  return net;
}

/// Counts the samples.
struct Seen {
  static constexpr std::string_view name = "seen";
  double count = 0;
  void update(Batch<>, Batch<> target, SampleWeights<>) { count += static_cast<double>(target.cols()); }
  void merge(const Seen& other) { count += other.count; }
  double value() const { return count; }
};
/// Counts the different targets.
struct Different {
  static constexpr std::string_view name = "different";
  std::set<float> targets;
  void update(Batch<>, Batch<> target, SampleWeights<>) {
    targets.insert(target.data(), target.data() + target.size());
  }
  void merge(const Different& other) { targets.insert(other.targets.begin(), other.targets.end()); }
  double value() const { return static_cast<double>(targets.size()); }
};
/// Stores the first target.
struct First {
  static constexpr std::string_view name = "first";
  double target = -1;
  void update(Batch<>, Batch<> targets, SampleWeights<>) {
    if (target < 0) target = static_cast<double>(targets(0, 0));
  }
  void merge(const First&) {}
  double value() const { return target; }
};

}  // namespace

TEST_CASE("fit: the model learns to classify unseen samples") {
  const Dataset<> train = support::three_clouds(150, 1), test = support::three_clouds(60, 2);
  auto net = support::rich_net();
  const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 1e-2},
                              {.epochs = 20, .batch_size = 16, .metrics = {Accuracy{}}, .progress = silent});
  CHECK(history.epochs() == 20);
  CHECK(history["loss"].back() < history["loss"].front() / 2);
  // The clouds are at least four deviations apart: fewer than one point in twenty is on the wrong side.
  CHECK(evaluate(net, test, Accuracy{}) > 0.95);
}

TEST_CASE("fit: the model equals that of a Trainer") {
  const Dataset<> data = support::three_clouds(50);
  auto net = support::rich_net();
  const FitOptions<decltype(net)> options{.epochs = 3, .batch_size = 8, .progress = silent};
  Trainer trainer{net, SoftmaxCrossEntropy{}, Adam{}, options};
  trainer.run(data);
  const auto before = values_of(net);
  const History history = fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options);
  CHECK(values_of(net) != before);
  CHECK(values_of(net) == values_of(trainer.model));
  CHECK(history["loss"] == trainer.history()["loss"]);
}

TEMPLATE_TEST_CASE("fit: equal seeds give equal bits and other seeds give others", "", float, double) {
  const auto net = support::rich_net<TestType>();
  const auto weights = values_of(trained(net, 1));
  CHECK(values_of(trained(net, 1)) == weights);
  CHECK(values_of(trained(net, 2)) != weights);

  SECTION("with layers chosen at run time") {
    CHECK(values_of(trained(support::rich_network<TestType>(), 1)) == weights);
  }
}

TEST_CASE("fit: another seed of the weights gives other weights") {
  CHECK(values_of(trained(support::plain_net(1), 1)) != values_of(trained(support::plain_net(2), 1)));
}

TEST_CASE("fit: an epoch uses every sample once for every batch size") {
  constexpr Index samples = 10;
  Dataset<> numbered{.x = Matrix<>::Zero(2, samples), .y = Matrix<>(1, samples)};
  numbered.y.row(0).setLinSpaced(0, samples - 1);

  for (const Index batch_size : {Index{1}, Index{3}, Index{4}, Index{9}, Index{10}, full_batch}) {
    for (const bool shuffle : {true, false}) {
      CAPTURE(batch_size, shuffle);
      Rng rng{1};
      Dense<> net{2, 1, rng};
      const History history = fit(net, numbered, MeanSquaredError{}, standstill,
                                  {.epochs = 2,
                                   .batch_size = batch_size,
                                   .metrics = {Seen{}, Different{}},
                                   .shuffle = shuffle,
                                   .progress = silent});
      CHECK(history["seen"] == std::vector<double>{10, 10});
      CHECK(history["different"] == std::vector<double>{10, 10});
    }
  }
}

TEST_CASE("fit: each epoch has a new order and each step has new dropout masks") {
  const auto different = [](const std::vector<double>& values) {
    return std::set<double>{values.begin(), values.end()}.size();
  };
  // The learning rate is 0, so that only the order and the masks change from epoch to epoch.
  Dataset<> data = support::three_clouds(50);
  Rng rng{1};
  Dense<> plain{2, 1, rng};
  data.y.row(0).setLinSpaced(0, 49);
  const History shuffled = fit(plain, data, MeanSquaredError{}, standstill,
                               {.epochs = 8, .metrics = {First{}}, .progress = silent});
  CHECK(different(shuffled["first"]) > 4);

  Sequential dropping{Dropout<>{{.keep = 0.5}}, plain};
  const auto losses_with_masks_of = [&](std::uint64_t seed) {
    return fit(
        dropping, data, MeanSquaredError{}, standstill,
        {.epochs = 8, .batch_size = full_batch, .shuffle = false, .seed = seed, .progress = silent})["loss"];
  };
  CHECK(different(losses_with_masks_of(1)) == 8);
  CHECK(losses_with_masks_of(1) == losses_with_masks_of(1));
  CHECK(losses_with_masks_of(1) != losses_with_masks_of(2));
}

TEST_CASE("fit: each step updates the running statistics of BatchNorm") {
  const Dataset<double> data = support::three_clouds<double>(40);
  const Vector<double> mean = data.x.rowwise().mean();
  Rng rng{1};
  Sequential net{BatchNorm<double>{2, {.momentum = 0.75}}, Dense<double>{2, 3, rng}};
  fit(net, data, SoftmaxCrossEntropy{}, standstill,
      {.epochs = 2, .batch_size = full_batch, .progress = silent});
  // From 0, two steps of a quarter of the way.
  CHECK(net.layer<0>().running_mean.isApprox((1 - 0.75 * 0.75) * mean, rounding));
}

TEST_CASE("fit: the seed determines the order only with shuffling") {
  const auto weights = [](bool shuffle, std::uint64_t seed) {
    auto net = support::plain_net();
    fit(net, support::three_clouds(50), SoftmaxCrossEntropy{}, Adam{},
        {.epochs = 1, .batch_size = 8, .shuffle = shuffle, .seed = seed, .progress = silent});
    return values_of(net);
  };
  CHECK(weights(false, 1) == weights(false, 2));
  CHECK(weights(true, 1) != weights(true, 2));
  CHECK(weights(true, 1) != weights(false, 1));
}

TEST_CASE("fit: the loss of an epoch is the mean over samples and not over batches") {
  // Batches of 4, 4 and 2, with all of the loss in the last: a mean over batches would be 10 / 6 too large.
  Dataset<double> data = support::three_clouds<double>(10);
  auto net = support::plain_net<double>();
  data.y = Matrix<double>::Zero(3, 10);
  data.y.rightCols(2).setConstant(1000);
  const History history = fit(net, data, MeanSquaredError{}, standstill,
                              {.epochs = 1, .batch_size = 4, .shuffle = false, .progress = silent});
  CHECK_THAT(history["loss"].front(), WithinRel(evaluate(net, data, MeanSquaredError{}), rounding));
}

TEST_CASE("fit: the history has loss and metrics and those of the validation set with val_") {
  const Dataset<> data = support::three_clouds(40);
  const auto names_with = [&](FitOptions<decltype(support::plain_net())> options) {
    options.epochs = 2;
    options.progress = silent;
    auto net = support::plain_net();
    std::vector<std::string> names;
    for (const auto& [name, values] : fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options)) {
      names.push_back(name);
      CHECK(values.size() == 2);
    }
    return names;
  };
  using Names = std::vector<std::string>;
  CHECK(names_with({}) == Names{"loss"});
  CHECK(names_with({.metrics = {Accuracy{}}}) == Names{"loss", "accuracy"});
  CHECK(names_with({.validation = &data}) == Names{"loss", "val_loss"});
  CHECK(names_with({.validation = &data, .metrics = {Accuracy{}}}) ==
        Names{"loss", "accuracy", "val_loss", "val_accuracy"});
}

TEST_CASE("fit: the validation set is evaluated after the epoch in inference mode") {
  const Dataset<double> train = support::three_clouds<double>(40, 1),
                        dev = support::three_clouds<double>(20, 2);
  auto net = support::rich_net<double>();
  const History history = fit(net, train, SoftmaxCrossEntropy{}, Adam{},
                              {.epochs = 2, .validation = &dev, .metrics = {Accuracy{}}, .progress = silent});
  CHECK_THAT(history["val_loss"].back(), WithinRel(evaluate(net, dev, SoftmaxCrossEntropy{}), rounding));
  CHECK(history["val_accuracy"].back() == evaluate(net, dev, Accuracy{}));
}

TEST_CASE("fit: validation and metrics do not change the trained weights") {
  const Dataset<> data = support::three_clouds(40);
  auto plain = support::rich_net(), measured = plain;
  fit(plain, data, SoftmaxCrossEntropy{}, Adam{}, {.epochs = 2, .progress = silent});
  fit(measured, data, SoftmaxCrossEntropy{}, Adam{},
      {.epochs = 2, .validation = &data, .metrics = {Accuracy{}}, .progress = silent});
  CHECK(values_of(measured) == values_of(plain));
}

TEST_CASE("fit: loss and val_loss include the penalty of the regularizer") {
  const Dataset<double> train = support::three_clouds<double>(40, 1),
                        dev = support::three_clouds<double>(20, 2);
  const L2 l2{.lambda = 3};
  auto net = support::plain_net<double>();
  const History history =
      fit(net, train, SoftmaxCrossEntropy{}, standstill,
          {.epochs = 1, .batch_size = 8, .validation = &dev, .regularizer = l2, .progress = silent});

  const double penalty = l2.penalty(net, train.samples());
  REQUIRE(penalty > 0.1);
  CHECK_THAT(history["loss"].front(),
             WithinRel(evaluate(net, train, SoftmaxCrossEntropy{}) + penalty, rounding));
  CHECK_THAT(history["val_loss"].front(),
             WithinRel(evaluate(net, dev, SoftmaxCrossEntropy{}) + penalty, rounding));
}

TEST_CASE("fit: a regularizer keeps the weights small") {
  const Dataset<> data = support::three_clouds(40);
  auto free = support::plain_net(), held = free;
  fit(free, data, SoftmaxCrossEntropy{}, Adam{.learning_rate = 1e-2}, {.epochs = 20, .progress = silent});
  fit(held, data, SoftmaxCrossEntropy{}, Adam{.learning_rate = 1e-2},
      {.epochs = 20, .regularizer = L2{.lambda = 30}, .progress = silent});
  const L2 norm{.lambda = 1};
  CHECK(norm.penalty(held, 1) < norm.penalty(free, 1) / 2);
}

// --- errors before the first step -------------------------------------------------------------------------

namespace {

using Net = decltype(support::plain_net());

/// The message of fit, which must leave the model unchanged.
std::string complaint_about(const Dataset<>& data, FitOptions<Net> options = {}) {
  options.progress = silent;
  auto net = support::plain_net();
  const std::string text = message_of([&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options); });
  CHECK(values_of(net) == values_of(support::plain_net()));
  return text;
}

}  // namespace

TEST_CASE("fit: data with another number of features is rejected") {
  const Dataset<> wide{.x = Matrix<>::Zero(3, 5), .y = Matrix<>::Zero(1, 5)};
  const std::string text =
      "fit: Dense \"0\": expected 2 features, got 3; the data is [3 features, 5 samples]: transpose it if "
      "its "
      "samples are in rows";
  CHECK(complaint_about(wide) == text);

  const Dataset<> train = support::three_clouds(5);
  CHECK(complaint_about(train, {.batch_size = 5, .validation = &wide}) == text);
}

TEST_CASE("fit: layers that do not fit together are rejected by name") {
  const Dataset<> data = support::three_clouds(40);
  const std::string text =
      "Dense \"2\": expected 9 features, got 8; match the layer before it, which returns 8";
  Rng rng{1};
  const Dense<> first{2, 8, rng}, last{9, 3, rng};
  SECTION("Sequential") {
    Sequential net{first, ReLU{}, last};
    CHECK_THAT(
        message_of<ShapeError>([&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, {.progress = silent}); }),
        ContainsSubstring(text));
  }
  SECTION("DynamicSequential") {
    DynamicSequential net{first, ReLU{}, last};
    CHECK_THAT(
        message_of<ShapeError>([&] { fit(net, data, SoftmaxCrossEntropy{}, Adam{}, {.progress = silent}); }),
        ContainsSubstring(text));
  }
}

TEST_CASE("fit: targets that do not fit the outputs are rejected") {
  Dataset<> data = support::three_clouds(40);
  data.y = Matrix<>::Zero(2, 40);
  CHECK(complaint_about(data) ==
        "SoftmaxCrossEntropy: expected targets of 1 or 3 rows, got 2; pass a class in one row, or a "
        "probability for "
        "each output");
}

TEST_CASE("fit: an invalid class is rejected with its sample") {
  const std::string cure =
      "; number the classes from 0, and let the last layer have one output for each; -1 ignores a sample";
  Dataset<> data = support::three_clouds(40);
  data.y(0, 37) = GENERATE(3.0F, -2.0F, 0.5F, 1e30F);
  CAPTURE(data.y(0, 37));
  const std::string text = detail::joined("SoftmaxCrossEntropy: expected a class from 0 to 2, got ",
                                          data.y(0, 37), " for sample 37", cure);
  CHECK(complaint_about(data) == text);

  SECTION("in the validation set too") {
    CHECK(complaint_about(support::three_clouds(40), {.validation = &data}) == text);
  }
}

TEST_CASE("fit: values that are not finite are rejected with feature and sample") {
  const auto [bad, printed] =
      GENERATE(table<float, std::string>({{std::numeric_limits<float>::quiet_NaN(), "nan"},
                                          {std::numeric_limits<float>::infinity(), "inf"},
                                          {-std::numeric_limits<float>::infinity(), "-inf"}}));
  const std::string cure = "; remove the sample, or impute the value";
  Dataset<> data = support::three_clouds(40);
  std::string place;
  SECTION("in x") {
    data.x(1, 37) = bad;
    place = "feature 1 of sample 37";
  }
  SECTION("in y") {
    data.y(0, 36) = bad;
    place = "target 0 of sample 36";
  }
  CHECK(complaint_about(data) ==
        "fit: expected finite values in the training set, got " + printed + " in " + place + cure);
  CHECK(complaint_about(support::three_clouds(40), {.validation = &data}) ==
        "fit: expected finite values in the validation set, got " + printed + " in " + place + cure);
}

TEST_CASE("fit: an empty data set is rejected") {
  const std::string cure = ", got an empty set; check the file that was read, or choose a larger split";
  const Dataset<> empty{.x = Matrix<>(2, 0), .y = Matrix<>(1, 0)};
  CHECK(complaint_about(empty) == "fit: expected samples in the training set" + cure);
  CHECK(complaint_about(support::three_clouds(40), {.validation = &empty}) ==
        "fit: expected samples in the validation set" + cure);
}

TEST_CASE("fit: a number of targets other than that of samples is rejected") {
  Dataset<> data = support::three_clouds(40);
  data.y = support::three_clouds(41).y;
  CHECK(complaint_about(data) ==
        "fit: expected a target for each of the 40 samples of the training set, got 41; pass x as [features, "
        "samples] and y as [targets, samples]; transpose the one whose rows are samples");
}

TEST_CASE("fit: an invalid batch size or number of epochs is rejected") {
  const Dataset<> data = support::three_clouds(40);
  CHECK(complaint_about(data, {.batch_size = 0}) ==
        "fit: expected a batch size of at least 1, got 0; pass 32, or full_batch for all samples");
  CHECK_THAT(complaint_about(data, {.batch_size = -5}), ContainsSubstring("at least 1, got -5"));
  CHECK(complaint_about(data, {.epochs = -1}) ==
        "fit: expected 0 epochs or more, got -1; pass .epochs of 0 or more");
}

TEST_CASE("fit: with 0 epochs the model is unchanged") {
  auto net = support::plain_net();
  const History history =
      fit(net, support::three_clouds(40), SoftmaxCrossEntropy{}, Adam{}, {.epochs = 0, .progress = silent});
  CHECK(history.epochs() == 0);
  CHECK(values_of(net) == values_of(support::plain_net()));
}

TEST_CASE("fit: a batch size beyond the training set takes all samples") {
  const Dataset<> data = support::three_clouds(20);  // the default batch size is 32
  const auto weights_with = [&](const FitOptions<decltype(support::plain_net())>& options) {
    auto net = support::plain_net();
    fit(net, data, SoftmaxCrossEntropy{}, Adam{}, options);
    return values_of(net);
  };
  const auto all = weights_with({.batch_size = full_batch, .progress = silent});
  CHECK(weights_with({.progress = silent}) == all);
  CHECK(weights_with({.batch_size = 21, .progress = silent}) == all);
}

TEST_CASE("fit: a last batch that the model rejects is an error before the first step") {
  auto net = support::rich_net();
  int steps = 0;
  CHECK(message_of<DataError>([&] {
          fit(net, support::three_clouds(33), SoftmaxCrossEntropy{}, Adam{},
              {.batch_size = 16, .on_step_end = {[&](const auto&) { ++steps; }}, .progress = silent});
        }) ==
        "fit: the last batch of an epoch has 1 of 33 samples: BatchNorm: expected at least 2 samples in a "
        "training batch, got 1; choose a batch size that leaves no single sample at the end of an "
        "epoch; set .drop_last = true to leave it out");
  CHECK(steps == 0);
  CHECK(values_of(net) == values_of(support::rich_net()));
}

TEST_CASE("fit: drop_last omits only a smaller last batch") {
  const auto steps_of = [](Index samples, Index batch_size) {
    const auto net = support::rich_net();
    Trainer trainer{net,
                    SoftmaxCrossEntropy{},
                    Adam{},
                    {.batch_size = batch_size, .drop_last = true, .progress = silent}};
    trainer.run(support::three_clouds(samples), 2);
    return trainer.steps();
  };
  CHECK(steps_of(33, 16) == 2 * 2);
  CHECK(steps_of(32, 16) == 2 * 2);
  CHECK(steps_of(20, 32) == 2 * 1);  // the batch size is capped at 20, so the batch is full
}

TEST_CASE("fit: drop_last works with accumulated steps and averages the samples that are used") {
  // Losses of y = 0 for the targets 1, 2, 3 in batches of 2: the third is omitted, so (1 + 4) / 2.
  Dataset<double> data{.x = Matrix<double>::Zero(1, 3), .y = Matrix<double>(1, 3)};
  data.y << 1, 2, 3;
  Rng rng{1};
  Dense<double> net{1, 1, rng};
  Trainer trainer{
      net, MeanSquaredError{}, GradientDescent{.learning_rate = 0},
      FitOptions<Dense<double>>{
          .batch_size = 2, .accumulate = 2, .shuffle = false, .drop_last = true, .progress = silent}};
  trainer.run(data, 1);
  CHECK(trainer.steps() == 1);
  CHECK(trainer.history()["loss"].back() == 2.5);
}

}  // namespace fit_test
