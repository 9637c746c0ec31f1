#include "descent/io/model_file.hpp"

#include <cmath>
#include <cstdint>
#include <descent/layers.hpp>
#include <descent/models.hpp>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>
#include <utility>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace model_file_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::TemporaryFolder;
using support::values_of;

namespace {

const Matrix<> x = [] {
  Matrix<> inputs(5, 4);
  for (Index i = 0; i < inputs.size(); ++i)
    inputs(i) = static_cast<float>(0.25 * std::sin(3.0 * static_cast<double>(i)));
  return inputs;
}();

template <class M>
std::string saved(const M& model, const SaveModel<typename M::Scalar>& options) {
  std::ostringstream out;
  save_model(out, model, options);
  return out.str();
}

LoadedModel<> loaded(const std::string& bytes, const LayerRegistry<>& registry = standard_registry()) {
  std::istringstream in{bytes};
  return load_model(in, registry, "a.model");
}

std::string complaint_about(const std::string& bytes) {
  return message_of<FormatError>([&] { loaded(bytes); });
}

/// Returns the file with one string in its header replaced and the length of the header corrected.
std::string with(std::string file, const std::string& from, const std::string& to) {
  const std::size_t at = file.find(from);
  REQUIRE(at != std::string::npos);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
  length = length - from.size() + to.size();
  file.replace(at, from.size(), to);
  for (std::size_t i = 0; i < 8; ++i) file[i] = static_cast<char>((length >> (8 * i)) & 0xFF);
  return file;
}

/// A user-defined layer: y = s * x + offset.
struct Scale {
  static constexpr std::string_view name = "Scale";
  using Scalar = float;
  struct Cache {
    Matrix<> y, dx;
  };
  explicit Scale(Index features, float with_offset = 0)
      : factor(Vector<>::Constant(features, 2)), offset{with_offset} {}

  static void visit(auto&& f, auto&... tree) { f(Parameter{"factor", Role::scale}, tree.factor...); }
  static void visit_options(auto&& f, auto&... tree) { f("offset", tree.offset...); }
  Shape output_shape(const Shape& in) const {
    expect_features(name, factor.size(), in.size());
    return in;
  }
  Batch<> forward(const Batch<>& in, Cache& c, const Pass&) const {
    return c.y = (factor.asDiagonal() * in).array() + offset;
  }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Cache& c, Scale&, const Pass&) const {
    return c.dx = factor.asDiagonal() * dy;
  }

  Vector<> factor;
  float offset;
};

/// A layer that does not visit its option.
struct Forgetful : Scale {
  static constexpr std::string_view name = "Forgetful";
  using Scale::Scale;
  static void visit_options(auto&&, auto&...) {}
  Batch<> backward(const Batch<>& in, const Batch<>& dy, Cache& c, Forgetful& g, const Pass& pass) const {
    return Scale::backward(in, dy, c, g, pass);
  }
};

/// A layer y = s * x, where s is an entry of a kernel [out, in, height, width] whose outputs vary fastest in memory.
struct Kernel : Identity<> {
  static constexpr std::string_view name = "Kernel";
  explicit Kernel(const Dimensions& d) : sizes{{d[0], d[1], d[2], d[3]}, {0, 1, 3, 2}} {
    values = Matrix<>::Constant(d[0], d[1] * d[2] * d[3], 1);
  }

  static void visit(auto&& f, auto& first, auto&... rest) {
    f(Parameter{"kernel", Role::weight, first.sizes}, first.values, rest.values...);
  }
  Batch<> forward(const Batch<>& in, Matrix<>& y, const Pass&) const {
    y = in * values(1, 3);
    return y;
  }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Matrix<>&, Kernel&, const Pass&) const { return dy; }
  using Cache = Matrix<>;

  Dimensions sizes;
  Matrix<> values;
};

/// A user-defined composition: the sum of two branches, of which the second is scaled.
struct Blend {
  static constexpr std::string_view name = "Blend";
  using Scalar = float;
  struct Cache {
    AnyLayer<>::Cache a, b;
    Matrix<> y;
  };
  Blend(AnyLayer<> one, AnyLayer<> other, float factor = 0)
      : a{std::move(one)}, b{std::move(other)}, share{factor} {}

  static void visit(auto&& f, auto&... tree) {
    AnyLayer<>::visit(under("a", f), tree.a...);
    AnyLayer<>::visit(under("b", f), tree.b...);
  }
  static void visit_options(auto&& f, auto&... tree) { f("share", tree.share...); }
  void visit_layers(auto&& f) const { f("a", a), f("b", b); }
  Shape output_shape(const Shape& in) const { return a.output_shape(in); }
  Batch<> forward(const Batch<>& in, Cache& c, const Pass& pass) const {
    c.y = a.forward(in, c.a, pass) + share * b.forward(in, c.b, pass);
    return c.y;
  }
  Batch<> backward(const Batch<>&, const Batch<>& dy, Cache&, Blend&, const Pass&) const { return dy; }

  AnyLayer<> a, b;
  float share;
};

/// A layer with the name of LeakyReLU that computes the identity.
struct Other : Identity<> {
  static constexpr std::string_view name = "LeakyReLU";
  float slope = 0;
  static void visit_options(auto&& f, auto&... tree) { f("slope", tree.slope...); }
  Batch<> backward(const Batch<>& in, const Batch<>& dy, Cache& c, Other& g, const Pass& pass) const {
    return Identity<>::backward(in, dy, c, g, pass);
  }
};

Sequential<Dense<>, LeakyReLU<>, Dense<>> small(double slope = 0.25, std::uint64_t seed = 1) {
  Rng rng{seed};
  Dense<> first{5, 3, rng}, last{3, 2, rng};
  return Sequential{first, LeakyReLU{{.slope = slope}}, last};
}

}  // namespace

TEST_CASE("load_model: rebuilds the saved network to the bit") {
  const TemporaryFolder folder;
  const auto path = folder.path / "net.model";
  const auto net = support::rich_net();
  const Matrix<> points = Matrix<>::Random(2, 4);
  save_model(path, net, {.golden = points, .labels = {"zero", "\xC3\xA4 \"quoted\""}});
  const auto [network, shape, labels, version] = load_model(path);
  CHECK(predict(network, points) == predict(net, points));
  CHECK_FALSE(detail::first_difference(describe(network), describe(net)));
  CHECK(values_of(network) == values_of(net));
  CHECK(shape == Shape{2});
  CHECK(labels == std::vector<std::string>{"zero", "\xC3\xA4 \"quoted\""});
  CHECK(version == library_version);
}

TEST_CASE("LayerRegistry: has all compositions but not Elementwise") {
  const auto registry = standard_registry();
  for (const char* type : {"Sequential", "DynamicSequential", "Residual", "Concat", "Flatten", "Reshape"})
    CHECK(registry.knows(type));
  CHECK_FALSE(registry.knows("Elementwise"));
}

TEST_CASE("save_model: the file stores the shape of images and sequences") {
  Rng rng{1};
  const auto check = [](const DynamicSequential<>& net, const Shape& sample) {
    CAPTURE(sample.channels, sample.height, sample.width);
    const Matrix<> numbers = Matrix<>::Random(sample.size(), 3);
    const Batch<> images{numbers, sample};
    const std::string file = saved(net, {.golden = images});
    const LoadedModel<> again = loaded(file);
    CHECK(again.shape == sample);
    CHECK(predict(again.network, Batch<>{numbers, again.shape}) == predict(net, images));
    DynamicSequential<> other = net;
    std::istringstream in{file};
    CHECK(load_model(in, other).shape == sample);
  };
  const Shape image{.channels = 2, .height = 3, .width = 4}, sequence{.channels = 4, .height = 1, .width = 6};
  check(DynamicSequential{Flatten{}, Dense{24, 2, rng}}, image);
  check(DynamicSequential{BatchNorm{2}, ReLU{}, Flatten{}, Dense{24, 2, rng}}, image);
  check(DynamicSequential{Residual{Sequential{Dense{2, 3, rng}, Tanh{}, Dense{3, 2, rng}}}}, image);
  check(DynamicSequential{Concat{BatchNorm{2}, Dense{2, 1, rng}}, Flatten{}, Dense{36, 1, rng}}, image);
  check(DynamicSequential{Dense{4, 3, rng}, Tanh{}, Flatten{}, Dense{18, 1, rng}}, sequence);
  check(DynamicSequential{Reshape{image}, BatchNorm{2}}, Shape{24});
  check(DynamicSequential{Reshape{sequence}, Dense{4, 2, rng}}, image);
}

TEST_CASE("load_model: another shape of the inputs changes the hash") {
  // Flatten accepts either shape, with the same outputs.
  const Matrix<> numbers = Matrix<>::Random(6, 2);
  const std::string file = saved(DynamicSequential{Flatten{}}, {.golden = Batch<>{numbers, Shape{1, 2, 3}}});
  CHECK_THAT(complaint_about(with(file, R"("shape":[2,2,3,1])", R"("shape":[2,3,2,1])")),
             ContainsSubstring("a.model: expected the hash "));
  CHECK_THAT(complaint_about(with(file, R"("shape":[2,2,3,1])", R"("shape":[2,6,1])")),
             ContainsSubstring("tensor \"golden.x\": expected 2 or 4 dimensions, got [2, 6, 1]"));
}

TEST_CASE("save_model: tensors have their logical shapes as in safetensors") {
  Rng rng{1};
  CHECK_THAT(saved(DynamicSequential{Dense{5, 3, rng}}, {.golden = x}),
             ContainsSubstring(R"("0.weight":{"data_offsets":[0,60],"dtype":"F32","shape":[3,5]})"));
}

TEST_CASE("load_model: reads files of format 1") {
  // A network of all layers that existed in that version.
  const auto [network, shape, labels, version] =
      load_model(std::filesystem::path{DESCENT_TESTS_DIR} / "io" / "model_file" / "format_1.model");
  CHECK(shape == Shape{5});
  CHECK(labels == std::vector<std::string>{"a", "b", "c"});
  const Vector<> outputs = predict(network, x).col(0);
  CHECK((outputs - Vector<>{{0.573205F, 0.278684F, 0.148112F}}).norm() < 1e-4);
}

TEST_CASE("load_model: sets the values of a Sequential and refuses another architecture") {
  const std::string file = saved(small(), {.golden = x});
  auto other = small(0.25, 2);
  std::istringstream in{file};
  const ModelInfo info = load_model(in, other);
  CHECK(info.labels.empty());
  CHECK(values_of(other) == values_of(small()));

  const auto refusal = [&](auto model) {
    const auto before = values_of(model);
    std::istringstream again{file};
    const std::string message = message_of<FormatError>([&] { load_model(again, model, "a.model"); });
    CHECK(values_of(model) == before);
    return message;
  };
  Rng rng{1};
  CHECK_THAT(refusal(small(0.5)),
             ContainsSubstring(
                 "load_model: a.model: expected the architecture of the model, got another: layer \"1\": "
                 "the model has slope = 0.5, the file slope = 0.25"));
  CHECK_THAT(refusal(DynamicSequential{Dense{5, 3, rng}, ReLU{}, Dense{3, 2, rng}}),
             ContainsSubstring("layer \"1\": the model has ReLU, the file LeakyReLU"));
  CHECK_THAT(refusal(DynamicSequential{Dense{5, 3, rng}, LeakyReLU{{.slope = 0.25}}}),
             ContainsSubstring("the model has 2 layers, the file 3"));
  CHECK_THAT(refusal(Sequential{Dense{5, 4, rng}, LeakyReLU{{.slope = 0.25}}, Dense{4, 2, rng}}),
             ContainsSubstring("tensor \"0.weight\": expected shape [4, 5], got [3, 5]"));
}

TEST_CASE("save_model: a single layer is saved as a chain of one") {
  Rng rng{1};
  const Dense<> layer{5, 2, rng};
  const std::string file = saved(layer, {.golden = x});
  CHECK(predict(loaded(file).network, x) == predict(layer, x));
  Dense<> other{5, 2, rng};
  std::istringstream in{file};
  load_model(in, other);
  CHECK(other.weight == layer.weight);
}

TEST_CASE("load_model: a model of doubles can be loaded as floats") {
  Rng rng{1};
  const Sequential net{Dense<double>{5, 4, rng}, LeakyReLU<double>{{.slope = 0.3}}, Dense<double>{4, 2, rng}};
  LayerRegistry<double> few;
  few.add<LeakyReLU<double>>().add<Dense<double>>([](const LayerSpec& layer) {
    Rng none{0};
    return Dense<double>{layer.cols("weight"), layer.rows("weight"), none};
  });
  const Matrix<double> inputs = x.cast<double>();
  const std::string file = saved(net, {.golden = inputs, .registry = few});
  CHECK((predict(loaded(file).network, x).cast<double>() - predict(net, inputs)).norm() < 1e-5);
}

TEST_CASE("LayerRegistry: a user-defined layer can be added") {
  Rng rng{1};
  const DynamicSequential net{Dense{5, 3, rng}, Scale{3, 0.5F}};
  CHECK_THAT(message_of<DataError>([&] { saved(net, {.golden = x}); }),
             ContainsSubstring("save_model: expected layers that the registry can rebuild, got: Scale \"1\": "
                               "expected a type in the registry, got another; add it"));
  auto registry = standard_registry();
  registry.add<Scale>([](const LayerSpec& layer) { return Scale{layer.length("factor")}; });
  const std::string file = saved(net, {.golden = x, .registry = registry});
  CHECK(predict(loaded(file, registry).network, x) == predict(net, x));
  CHECK_THAT(complaint_about(file), ContainsSubstring("a.model: ") && ContainsSubstring("Scale \"1\""));
  CHECK_THAT(complaint_about(with(file, R"(\"offset\":0.5)", R"(\"other\":0.5)")),
             ContainsSubstring("Scale \"1\""));

  registry.add<Forgetful>([](const LayerSpec& layer) { return Forgetful{layer.length("factor")}; });
  CHECK_THAT(message_of<DataError>([&] {
               saved(DynamicSequential{Forgetful{5, 0.5F}}, {.golden = x, .registry = registry});
             }),
             ContainsSubstring("the network computes other outputs; add all members"));
  // The error of a factory is reported with the layer.
  registry.add<Scale>([](const LayerSpec&) -> Scale { throw ShapeError("Scale", "expected more"); });
  CHECK_THAT(
      message_of<FormatError>([&] { loaded(file, registry); }),
      ContainsSubstring("Scale \"1\": expected a layer that can be constructed, got: Scale: expected more"));
}

TEST_CASE("LayerRegistry: the factory of a user-defined composition receives its layers") {
  Rng rng{1};
  const DynamicSequential net{Blend{Dense{5, 3, rng}, DynamicSequential{Dense{5, 3, rng}, Tanh{}}, 0.5F}};
  auto registry = standard_registry();
  registry.add<Blend>([](const LayerSpec& layer, std::vector<AnyLayer<>> parts) {
    if (parts.size() != 2) layer.fail("expected two parts");
    return Blend{std::move(parts[0]), std::move(parts[1])};
  });
  const std::string file = saved(net, {.golden = x, .registry = registry});
  CHECK(predict(loaded(file, registry).network, x) == predict(net, x));
  CHECK_THAT(complaint_about(file), ContainsSubstring("Blend \"0\": expected a type in the registry"));
}

TEST_CASE("load_model: a kernel keeps its logical dimensions and its order in memory") {
  Kernel kernel{{2, 3, 4, 5}};
  for (Index i = 0; i < kernel.values.size(); ++i) kernel.values(i) = static_cast<float>(i);
  auto registry = standard_registry();
  registry.add<Kernel>([](const LayerSpec& layer) { return Kernel{layer.dimensions("kernel")}; });
  const DynamicSequential net{kernel};
  const std::string file = saved(net, {.golden = x, .registry = registry});
  CHECK_THAT(file, ContainsSubstring(R"("shape":[2,3,4,5])"));
  CHECK(values_of(loaded(file, registry).network) == values_of(net));
}

TEST_CASE("save_model: a model that could not be loaded is refused and the old file is kept") {
  const TemporaryFolder folder;
  const auto path = folder.path / "net.model";
  save_model(path, small(), {.golden = x});
  const auto refusal = [&](const auto& model, const SaveModel<>& options) {
    return message_of<DataError>([&] { save_model(path, model, options); });
  };
  Rng rng{1};
  CHECK_THAT(refusal(small(), {}), ContainsSubstring("save_model: expected 1 to 64 golden inputs, got 0"));
  CHECK_THAT(refusal(small(), {.golden = Matrix<>::Zero(5, 65)}), ContainsSubstring("got 65"));
  CHECK_THAT(
      refusal(DynamicSequential{Dense{5, 2, rng}, Elementwise{[](auto v) { return v; }}}, {.golden = x}),
      ContainsSubstring("Elementwise \"1\": expected a type in the registry") &&
          ContainsSubstring("add the layer to .registry; write a formula as a layer with a name"));
  auto broken = small();
  broken.layer<2>().bias(0) = std::nanf("");
  CHECK_THAT(refusal(broken, {.golden = x}),
             ContainsSubstring("expected finite outputs for the golden inputs"));
  CHECK_THROWS_AS(save_model(path, small(), {.golden = Matrix<>::Zero(4, 1)}), ShapeError);
  CHECK_THAT(refusal(small(), {.golden = x, .labels = {"\xFF"}}),
             ContainsSubstring("in UTF-8, got other bytes"));
  CHECK(predict(load_model(path).network, x) == predict(small(), x));
  CHECK_FALSE(std::filesystem::exists(folder.path / "net.model.part"));
}

TEST_CASE("load_model: any flipped bit and any truncation is detected") {
  const std::string good = saved(small(), {.golden = x, .labels = {"a"}});
  std::uint64_t header = 0;
  for (std::size_t i = 8; i-- > 0;) header = header << 8 | static_cast<unsigned char>(good[i]);
  for (std::size_t at = 8 + header; at < good.size(); ++at) {
    std::string bad = good;
    bad[at] = static_cast<char>(bad[at] ^ 1);
    CHECK_THAT(complaint_about(bad), ContainsSubstring("a.model: expected the hash "));
  }
  for (std::size_t size = 0; size < good.size(); size += 7)
    CHECK_THROWS_AS(loaded(good.substr(0, size)), FormatError);
  CHECK_THAT(complaint_about(with(good, "0.25", "0.75")), ContainsSubstring("expected the hash "));
  CHECK_THAT(complaint_about(with(good, R"([\"a\"])", R"([\"b\"])")),
             ContainsSubstring("expected the hash "));
}

TEST_CASE("load_model: a network that does not reproduce its golden outputs is refused") {
  // The same description with another computation, as after an incompatible change of the library.
  auto registry = standard_registry();
  const std::string file = saved(small(), {.golden = x});
  registry.add<Other>();
  CHECK_THAT(message_of<FormatError>([&] { loaded(file, registry); }),
             ContainsSubstring("expected the golden outputs of the saved model, got others"));
}

TEST_CASE("load_model: a newer format is refused with a cure") {
  const std::string good = saved(small(), {.golden = x});
  CHECK_THAT(complaint_about(with(good, R"("descent_model_format":"2")", R"("descent_model_format":"3")")),
             ContainsSubstring("a.model: expected format 2 or older, got 3; update descent from version "));
  for (const char* version : {"", "0", "00", "-1", "1x", "99999999999999999999"})
    CHECK_THAT(complaint_about(with(good, R"("descent_model_format":"2")",
                                    detail::joined(R"("descent_model_format":")", version, '"'))),
               ContainsSubstring("expected the number of a format"));
  CHECK_THAT(complaint_about(std::string{"\2\0\0\0\0\0\0\0{}", 10}),
             ContainsSubstring("expected a model file, got one without \"descent_model_format\""));
}

TEST_CASE("load_model: a hostile architecture is refused with the path of the layer") {
  const std::string good = saved(
      DynamicSequential{Dropout{}, BatchNorm{5}, GaussianNoise{}, Concat{ReLU{}, Tanh{}}}, {.golden = x});
  const auto about = [&](const std::string& from, const std::string& to) {
    return complaint_about(with(good, from, to));
  };
  CHECK_THAT(
      about(R"(\"running_variance\":0.0)", R"(\"running_variance\":2)"),
      ContainsSubstring(
          "BatchNorm \"1\": expected the option \"running_variance\" to be an integer from 0 to 1, got 2"));
  CHECK_THAT(about(R"(\"enabled\":1.0,\"keep\":0.5)", R"(\"enabled\":0.5,\"keep\":0.5)"),
             ContainsSubstring("Dropout \"0\": expected the option \"enabled\" to be an integer"));
  CHECK_THAT(about(R"(\"keep\":0.5)", R"(\"keep\":1e30)"),
             ContainsSubstring(
                 "Dropout \"0\": expected a layer that can be constructed, got: Dropout: expected a keep"));
  CHECK_THAT(about(R"(\"deviation\":0.1)", R"(\"deviation\":-1)"), ContainsSubstring("GaussianNoise \"2\""));
  CHECK_THAT(about(R"(\"epsilon\":1e-05)", R"(\"epsilom\":1e-05)"),
             ContainsSubstring("\"epsilon\", got none"));
  CHECK_THAT(about(R"(\"epsilon\":1e-05)", R"(\"epsilon\":1e-05,\"more\":1)"),
             ContainsSubstring("BatchNorm \"1\": expected 3 options, got 4"));
  CHECK_THAT(about(R"(\"epsilon\":1e-05)", R"(\"epsilon\":\"a\")"),
             ContainsSubstring("expected an architecture"));
  CHECK_THAT(about(R"(\"type\":\"Tanh\")", R"(\"type\":\"Tan\")"),
             ContainsSubstring("Tan \"3.1\": expected a type in the registry"));
  CHECK_THAT(about(R"(\"type\":\"Tanh\")", R"(\"type\":7)"), ContainsSubstring("expected an architecture"));
  CHECK_THAT(
      about(R"(\"type\":\"Tanh\")", R"(\"type\":\"Tanh\",\"layers\":[{\"name\":\"0\",\"type\":\"ReLU\"}])"),
      ContainsSubstring("layer \"3.1\": the model has 0 layers, the file 1"));
  CHECK_THAT(about(R"(\"type\":\"Tanh\")", R"(\"type\":\"Residual\")"),
             ContainsSubstring("Residual \"3.1\": expected 1 to 1 parts, got 0"));
  CHECK_THAT(about(R"(\"name\":\"1\",\"type\":\"Tanh\")", R"(\"name\":\"0\",\"type\":\"Tanh\")"),
             ContainsSubstring("Concat \"3\": expected parts with unique names, got \"0\""));
  CHECK_THAT(about(R"(\"name\":\"1\",\"type\":\"Tanh\")", R"(\"name\":\"1.0\",\"type\":\"Tanh\")"),
             ContainsSubstring("Concat \"3\": expected parts with unique names, got \"1.0\""));
  CHECK_THAT(about(R"(\"name\":\"1\",\"type\":\"Tanh\")", R"(\"name\":\"2\",\"type\":\"Tanh\")"),
             ContainsSubstring("layer \"3\": the model names its part 1 \"1\", the file \"2\""));
  CHECK_THAT(about(R"(\"type\":\"Tanh\")", R"(\"type\":\"Dense\")"),
             ContainsSubstring("Dense \"3.1\": expected a tensor \"weight\", got none"));

  const auto nested = [](int levels) {
    std::string all, ends;
    for (int i = 0; i < levels; ++i) {
      all += R"(\"type\":\"Sequential\",\"layers\":[{\"name\":\"0\",)";
      ends += "}]";
    }
    all += R"(\"type\":\"Tanh\")" + ends;
    return all;
  };
  CHECK_THAT(about(R"(\"type\":\"Tanh\")", nested(31)), ContainsSubstring("at most 32 nested layers"));
  CHECK_THAT(about(R"(\"type\":\"Tanh\")", nested(100'000)), ContainsSubstring("more than 100 levels"));

  std::string copies;  // each twice as wide as the previous one
  for (int i = 0; i < 25; ++i)
    copies += detail::joined(R"(,{\"name\":\")", 4 + i, R"(\",\"type\":\"Concat\",\"layers\":[)",
                             R"({\"name\":\"0\",\"type\":\"ReLU\"},{\"name\":\"1\",\"type\":\"ReLU\"}]})");
  CHECK_THAT(about(R"(],\"type\":\"Sequential\")", copies + R"(],\"type\":\"Sequential\")"),
             ContainsSubstring("expected outputs in proportion to the tensors, got far more"));
}

TEST_CASE("load_model: an architecture with duplicate or misplaced fields is refused") {
  const std::string good = saved(DynamicSequential{ReLU{}, LeakyReLU{}}, {.golden = x});
  const auto about = [&](const std::string& from, const std::string& to) {
    return complaint_about(with(good, from, to));
  };
  const std::string relu = R"(\"name\":\"0\",\"type\":\"ReLU\")", fault = "and layers, got ";
  const auto got = [&](const std::string& text) { return ContainsSubstring(detail::joined(fault, text)); };
  CHECK_THAT(about(relu, relu + R"(,\"type\":\"Tanh\")"), got("the field \"type\" twice or misplaced"));
  CHECK_THAT(about(relu, relu + R"(,\"size\":3)"), got("the field \"size\""));
  CHECK_THAT(about(relu, R"(\"type\":\"ReLU\")"), got("a layer without name or type"));
  CHECK_THAT(about(relu, R"(\"name\":\"0\")"), got("a layer without name or type"));
  CHECK_THAT(about(relu, relu + R"(,\"options\":[])"), got("an array"));
  CHECK_THAT(about(relu, relu + R"(,\"layers\":{})"), got("an object"));
  CHECK_THAT(about(relu, relu + R"(,\"layers\":null)"), got("null"));
  CHECK_THAT(about(relu, relu + R"(,\"options\":{\"a\":true})"), got("a boolean"));
  CHECK_THAT(about(relu, relu + R"(,\"options\":{\"a\":{}})"), got("an object"));
  CHECK_THAT(about(R"(],\"type\":\"Sequential\")", R"(],\"name\":\"0\",\"type\":\"Sequential\")"),
             got("the field \"name\""));
  CHECK_THAT(about(R"(\"type\":\"Sequential\"})", R"(\"type\":\"Sequential\"}{})"), got("invalid JSON"));
  CHECK_THAT(about(R"(\"type\":\"Sequential\"})", R"(\"type\":\"Sequential\")"), got("invalid JSON"));
  for (const char* labels : {"7", R"(\"a\")", "[[]]", "{}", "[7]", "null", ""})
    CHECK_THAT(about(R"("labels":"[]")", detail::joined(R"("labels":")", labels, '"')),
               ContainsSubstring("expected labels as an array of strings, got "));
}

TEST_CASE("load_model: a deep network of few weights accepts the maximum of golden inputs") {
  Rng rng{1};
  DynamicSequential<> deep{Dense{5, 16, rng}};
  for (int i = 0; i < 200; ++i) deep.add(BatchNorm{16}).add(ReLU{}).add(Dropout{}).add(Dense{16, 16, rng});
  CHECK(loaded(saved(deep, {.golden = Matrix<>::Random(5, 64)})).network.size() == deep.size());
}

TEST_CASE("save_model: golden outputs much larger than the network are refused") {
  Rng rng{1};
  DynamicSequential<> wide{Dense{1, 10'000, rng}};
  for (int i = 0; i < 20; ++i) wide.add(ReLU{});
  const auto save = [&](Index samples) { return saved(wide, {.golden = Matrix<>::Ones(1, samples)}); };
  CHECK(loaded(save(4)).network.size() == wide.size());
  CHECK_THAT(message_of<DataError>([&] { save(64); }),
             ContainsSubstring("save the model with fewer golden inputs"));
}

TEST_CASE("load_model: an empty tensor cannot request memory by its other dimension") {
  // A small handwritten file: one layer, one of its tensors, and samples of one feature.
  const auto file = [](const std::string& type, const std::string& tensor, const std::string& described,
                       std::size_t bytes) {
    std::string header = detail::joined(
        R"({"__metadata__":{"architecture":"{\"layers\":[{\"name\":\"0\",\"type\":\")", type,
        R"(\"}],\"type\":\"Sequential\"}","descent_model_format":"1","hash":"","labels":"[]",)",
        R"("library_version":"0.1.0"},"0.)", tensor, R"(":{"data_offsets":[0,)", bytes, "],", described,
        R"(},"golden.x":{"data_offsets":[)", bytes, ',', bytes + 4,
        R"(],"dtype":"F32","shape":[1,1]},"golden.y":{"data_offsets":[)", bytes + 4, ',', bytes + 8,
        R"(],"dtype":"F32","shape":[1,1]}})");
    std::string length(8, '\0');
    length[0] = static_cast<char>(header.size() & 0xFF);
    length[1] = static_cast<char>(header.size() >> 8);
    return length + header + std::string(bytes + 8, '\0');
  };
  for (const auto& [type, tensor] : {std::pair{"BatchNorm", "gamma"},
                                     {"LayerNorm", "gamma"},
                                     {"PReLU", "slope"},
                                     {"Standardize", "mean"},
                                     {"MinMax", "minimum"}}) {
    CAPTURE(type);
    for (const char* shape : {"[0,35184372088832]", "[35184372088832,0]"}) {
      const std::string hostile = file(type, tensor, detail::joined(R"("dtype":"F32","shape":)", shape), 0);
      CHECK(hostile.size() < 1024);
      CHECK_THAT(complaint_about(hostile),
                 ContainsSubstring(
                     detail::joined("load_model: a.model: expected layers that can be constructed, got: "
                                    "Sequential \"\": expected values in the tensor \"0.",
                                    tensor, '"')));
    }
    CHECK_THAT(complaint_about(file(type, tensor, R"("dtype":"F32","shape":[2,3])", 24)),
               ContainsSubstring(
                   detail::joined(type, " \"0\": expected a vector \"", tensor, "\", got 2 dimensions")));
    CHECK_THAT(complaint_about(file(type, tensor, R"("dtype":"U8","shape":[4])", 4)),
               ContainsSubstring(
                   detail::joined("tensor \"0.", tensor, "\": expected F64, F32, F16 or BF16, got U8")));
  }
}

TEST_CASE("save_model: the file is the same in every locale and can be read") {
  Rng rng{1};
  const Sequential net{Dense<float>{2000, 2, rng}, LeakyReLU<float>{{.slope = 0.125}}};
  const Matrix<> input = Matrix<>::Constant(2000, 1, 0.5F);
  const SaveModel<float> options{.golden = input};
  const std::string expected = saved(net, options);
  CHECK(support::under_decimal_comma([&] { return saved(net, options); }) == expected);
  CHECK(support::under_decimal_comma([&] { return predict(loaded(expected).network, input); }) ==
        predict(net, input));
}

}  // namespace model_file_test
