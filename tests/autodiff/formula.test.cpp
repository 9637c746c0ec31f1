#include "descent/autodiff/formula.hpp"

#include <array>
#include <string>
#include <vector>

#include "autodiff/models.hpp"
#include "catch.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"
#include "thread_ranks.hpp"

namespace formula_test {

using namespace autodiff_models;
using support::message_of;
using support::values_of;

namespace {

struct WithoutColumns : Formula<WithoutColumns> {
  static constexpr std::string_view name = "WithoutColumns";
  static void visit(auto&&, auto&...) {}
  Variable<> formula(const Variable<>& x, const Pass&) const { return mean(x, Over::samples); }
};

}  // namespace

TEST_CASE("Formula: is a layer with valid hooks") {
  STATIC_REQUIRE(Layer<Highway<>>);
  STATIC_REQUIRE(Layer<Applying<double>>);
  STATIC_REQUIRE(has_valid_hooks<Highway<>>);
  STATIC_REQUIRE(has_valid_hooks<Applying<>>);
  STATIC_REQUIRE(std::is_nothrow_move_constructible_v<Highway<>::Cache>);
}

TEST_CASE("Formula: a network of formulas has the right gradient") {
  Rng rng{1};
  const Matrix<double> x = random_batch(4, 6, 1), y = random_batch(2, 6, 2);
  const Sequential net{Highway<double>{4, rng}, Highway<double>{4, rng}, Dense<double>{4, 2, rng}};
  const auto report = check_gradient(net, MeanSquaredError{}, x, y, {.regularizer = L2{.lambda = 0.3}});
  CAPTURE(report);
  CHECK(report.relative_difference < 1e-7);
}

TEST_CASE("Formula: trains with fit, with the same bits on any number of threads") {
  const Dataset<> train = support::three_clouds(3000);
  const auto trained = [&](int threads) {
    Rng rng{1};
    Sequential net{Dense{2, 64, rng}, Highway{64, rng}, Applying{64, 3, rng}};
    fit(net, train, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01},
        {.epochs = 3,
         .batch_size = 1000,
         .clip = ClipByGlobalNorm{.limit = 5},
         .threads = threads,
         .progress = silent});
    return net;
  };
  const auto net = trained(1);
  CHECK(evaluate(net, train, Accuracy{}) > 0.95);
  CHECK(values_of(trained(2)) == values_of(net));
}

TEST_CASE("Formula: ranks train one model", "[threads]") {
  const Dataset<> all = support::three_clouds(120);
  std::array<std::vector<double>, 2> values;
  std::array<double, 2> accuracy{};
  const auto messages = support::on_ranks(2, [&](Communicator& world) {
    const Index first = 60 * world.rank();
    const Dataset<> shard{.x = all.x.middleCols(first, 60), .y = all.y.middleCols(first, 60)};
    Rng rng{1};
    Sequential net{Dense{2, 8, rng}, Highway{8, rng}, Dense{8, 3, rng}};
    const FormulaLoss loss{[](auto z, auto y) { return log_sum_exp(z) - pick(z, y); }};
    fit(net, shard, loss, Adam{.learning_rate = 0.05},
        {.epochs = 10, .batch_size = 20, .communicator = &world, .progress = silent});
    values[static_cast<std::size_t>(world.rank())] = values_of(net);
    accuracy[static_cast<std::size_t>(world.rank())] = evaluate(net, all, Accuracy{});
  });
  for (const std::string& message : messages) CHECK(message == "");
  CHECK(values[0] == values[1]);
  CHECK(accuracy[0] > 0.9);
}

TEST_CASE("Formula: a resumed run has the bits of an uninterrupted one") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "formula.ckpt").string();
  const Dataset<> train = support::three_clouds(90);
  Rng rng{1};
  const Applying<> begin{2, 3, rng};
  const auto run = [&](int epochs, FitOptions<Applying<>> options) {
    Applying<> net = begin;
    options.epochs = epochs;
    options.batch_size = 30;
    options.progress = silent;
    fit(net, train, SoftmaxCrossEntropy{}, Adam{}, options);
    return values_of(net);
  };
  const auto whole = run(4, {});
  run(2, {.checkpoint = {.path = path}});
  CHECK(run(4, {.resume_from = path}) == whole);
}

TEST_CASE("Formula: keeps the shape of images and the lengths of sequences") {
  const auto layer = lambda([](auto x) { return cwise_product(x, sigmoid(2 * x + 1)) - x / 3; });
  const Shape image{.channels = 2, .height = 3, .width = 4};
  CHECK(layer.output_shape(image) == image);
  decltype(layer)::Cache cache;
  const Matrix<> x = Matrix<>::Random(24, 2);
  CHECK(layer.forward({x, image}, cache, Pass::inference()).shape() == image);
  const std::array<Index, 2> lengths{4, 2};
  const Batch<> sequences = Batch<>{x, Shape{.channels = 6, .width = 4}}.with_lengths(lengths);
  CHECK(layer.forward(sequences, cache, Pass::inference()).lengths().data() == lengths.data());
  const auto per_position = lambda([](auto v) {
    const auto columns = reshape(v, {.channels = 2});  // a column for each position
    return reshape(columns - mean(columns, Over::features), v.value().shape());
  });
  decltype(per_position)::Cache other;
  const Batch<> centered = per_position.forward({x, image}, other, Pass::inference());
  CHECK(centered.shape() == image);
  CHECK(centered.channels().colwise().sum().isZero(1e-5F));
}

TEST_CASE("Formula: an error in a network names the operation and the position of the layer") {
  Rng rng{1};
  const Sequential net{Dense{3, 5, rng}, Highway{4, rng}};
  CHECK(message_of<ShapeError>([&] { net.output_shape({3}); }) ==
        "operation * \"1\": expected as many rows of b as columns of a, got gate [4, 4] and input [5, 1]; "
        "transpose one of them, or see which layer has the wrong size");
}

TEST_CASE("Formula: a result without a column for each sample is an error") {
  WithoutColumns::Cache cache;
  const Matrix<> x = Matrix<>::Ones(3, 4);
  CHECK(message_of<ShapeError>([&] { WithoutColumns{}.forward(x, cache, Pass::inference()); }) ==
        "WithoutColumns: expected a formula that returns a column for each of 4 samples, got scale [3, 1]; "
        "reduce over "
        "features only: mean(..., Over::features)");
}

TEST_CASE("Formula: a value that is not finite is an error that names the operation") {
  Rng rng{1};
  Sequential net{Dense{2, 1, rng}, lambda([](auto x) { return exp(log(square(x) - 1e6F)); })};
  CHECK_THAT(message_of<NumericalError>([&] {
               fit(net, support::three_clouds(20), MeanSquaredError{}, Adam{}, {.progress = silent});
             }),
             Catch::Matchers::ContainsSubstring("it begins in the output of layer \"1.log_"));
}

TEST_CASE("Formula: statistics over the samples see the whole batch") {
  const auto layer = lambda([](auto x) { return x - mean(x, Over::samples); });
  decltype(layer)::Cache cache;
  const Matrix<> x = Matrix<>::Random(5, 4000);
  ThreadWorkers workers{3};
  const Matrix<> y = layer.forward(x, cache, Pass::training({.workers = &workers}));
  CHECK(y.rowwise().mean().isZero(1e-5F));
}

TEST_CASE("Formula: visits the outputs of the layers that it applies by their paths") {
  Rng rng{1};
  const DynamicSequential<> net{Dense{2, 4, rng}, lambda([](auto x) { return 2 * tanh(x); }),
                                Applying<float>{4, 3, rng}};
  DynamicSequential<>::Cache cache;
  const Matrix<> x = random_batch(2, 5, 1).cast<float>();
  net.forward(x, cache, Pass::inference());
  std::vector<std::string> names;
  net.visit_outputs(cache, [&](const Name& name, const auto&) { names.push_back(name.path()); });
  CHECK(names == std::vector<std::string>{"0", "1.Tanh_1", "1.scale_2", "1", "2.first", "2.norm", "2.Tanh_11",
                                          "2.Dropout_12", "2.last", "2"});
}

TEST_CASE("lambda: a layer without parameters from a function") {
  const auto swish = lambda<double>([](auto x) { return cwise_product(x, sigmoid(x)); });
  const Matrix<double> x = random_batch(3, 4, 1);
  CHECK((predict(swish, x) - predict(SiLU<double>{}, x)).norm() < 1e-14);
  CHECK(parameter_count(swish) == 0);
}

}  // namespace formula_test
