#include <sstream>
#include <string>
#include <utility>

#include "catch.hpp"
#include "descent/descent.hpp"
#include "descent/io/model_file.hpp"
#include "descent/io/safetensors.hpp"
#include "models/templates.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace own_layer_test {

using namespace descent;
using own_layer::Templates;
using support::values_of;

namespace {

constexpr Shape image{.channels = 2, .height = 3, .width = 4};

template <std::floating_point T = float>
auto make_network(std::uint64_t seed) {
  Rng rng{seed};
  return Sequential{Reshape<T>{image}, Templates<T>{image, 6, rng}, Tanh<T>{}, Dense<T>{6, 2, rng}};
}

/// Images of noise about 3, to which the second class adds a slope along its values.
template <std::floating_point T = float>
Dataset<T> two_classes(Index samples) {
  Rng rng{1};
  Dataset<T> data{.x = Matrix<T>(image.size(), samples), .y = Matrix<T>(1, samples)};
  for (Index j = 0; j < samples; ++j) {
    const Index label = j % 2;
    data.y(0, j) = static_cast<T>(label);
    for (Index i = 0; i < image.size(); ++i)
      data.x(i, j) = static_cast<T>(3 + 0.5 * rng.normal() + 0.1 * static_cast<double>(label * i));
  }
  return data;
}

const Dataset<> data = two_classes(64);
const FitOptions<decltype(make_network(1))> options{
    .epochs = 6, .batch_size = 16, .seed = 3, .progress = silent};

auto trained_network() {
  auto net = make_network(1);
  fit(net, data, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, options);
  return net;
}

}  // namespace

TEST_CASE("Templates: the gradient is correct and the hooks are valid") {
  STATIC_REQUIRE(Layer<Templates<>>);
  STATIC_REQUIRE(has_valid_hooks<Templates<>>);
  auto net = make_network<double>(1);
  net.layer<1>().mean.setConstant(2);
  const Dataset<double> few = two_classes<double>(6);
  CHECK(check_gradient(net, SoftmaxCrossEntropy{}, few.x, few.y).verdict == GradientVerdict::correct);
}

TEST_CASE("Templates: the kernel has four dimensions in its order of memory") {
  auto net = make_network(1);
  const Matrix<>& kernel = net.layer<1>().kernel;
  int found = 0;
  visit_leaves(net, [&](const Leaf<float>& leaf) {
    if (leaf.name().path() != "1.kernel") return;
    ++found;
    const Dimensions& d = leaf.dimensions;
    REQUIRE(d.rank() == 4);
    CHECK((d[0] == 6 && d[1] == 2 && d[2] == 3 && d[3] == 4));
    // Template 5 at channel 1, row 2, column 3 is in column 1 + 2 * (3 + 4 * 2) = 23 of the matrix.
    const float value = leaf.data[5 * d.stride(0) + 1 * d.stride(1) + 2 * d.stride(2) + 3 * d.stride(3)];
    CHECK(value == kernel(5, 23));
  });
  CHECK(found == 1);
}

TEST_CASE("Templates: training lowers the loss and updates the state") {
  auto net = make_network(1);
  const History history = fit(net, data, SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, options);
  CHECK(history["loss"].back() < history["loss"].front() / 2);
  // 24 steps: the running mean is (1 - 0.9^24) = 0.92 of the mean of the images, which is from 3 to 3 + 1.15.
  CHECK(net.layer<1>().mean.minCoeff() > 2.5f);
  CHECK(net.layer<1>().mean.maxCoeff() < 4.2f);
}

TEST_CASE("Templates: a model file restores the layer") {
  const auto net = trained_network();
  LayerRegistry<> registry = standard_registry();
  registry.add<Templates<>>([](const LayerSpec& layer) {
    const Dimensions& kernel = layer.dimensions("kernel");
    Rng rng{0};
    return Templates<>{{kernel[1], kernel[2], kernel[3]}, kernel[0], rng};
  });
  std::stringstream file;
  save_model(file, net, {.golden = data.x.leftCols(4), .registry = registry});
  const DynamicSequential<> loaded = load_model<float>(file, registry).network;
  CHECK(values_of(loaded) == values_of(net));
  CHECK(predict(loaded, data.x) == predict(net, data.x));
}

TEST_CASE("Templates: a safetensors file restores the parameter and the state") {
  const auto net = trained_network();
  std::stringstream file;
  save_safetensors(file, net);
  auto other = make_network(2);
  load_safetensors(file, other);
  CHECK(values_of(other) == values_of(net));
  CHECK_THAT(file.str(), Catch::Matchers::ContainsSubstring(R"("shape":[6,2,3,4])"));
}

TEST_CASE("Templates: training resumes from a checkpoint to the same bits") {
  const support::TemporaryFolder folder;
  const std::string path = (folder.path / "run.ckpt").string();
  Trainer first{make_network(1), SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, options};
  first.run(data, 2);
  first.save(path);
  auto resumed = options;
  resumed.resume_from = path;
  Trainer second{make_network(2), SoftmaxCrossEntropy{}, Adam{.learning_rate = 0.01}, resumed};
  second.run(data, 4);
  CHECK(values_of(second.model) == values_of(trained_network()));
}

}  // namespace own_layer_test
