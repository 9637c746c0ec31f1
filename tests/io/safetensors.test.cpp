#include "descent/io/safetensors.hpp"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <descent/layers.hpp>
#include <descent/models.hpp>
#include <filesystem>
#include <fstream>
#include <limits>
#include <sstream>
#include <string>

#include "catch.hpp"
#include "decimal_comma.hpp"
#include "golden.hpp"
#include "support.hpp"
#include "temporary_folder.hpp"

namespace safetensors_test {

using namespace descent;
using Catch::Matchers::ContainsSubstring;
using support::message_of;
using support::TemporaryFolder;
using support::values_of;

namespace {

const std::filesystem::path golden_files =
    std::filesystem::path{DESCENT_TESTS_DIR} / "golden" / "safetensors";

template <class M>
std::string saved(const M& model, const SaveSafetensors& options = {}) {
  std::ostringstream out;
  save_safetensors(out, model, options);
  return out.str();
}

std::string file_of(const std::string& header, const std::string& values = {}) {
  std::string all(8, '\0');
  for (std::size_t i = 0; i < 8; ++i)
    all[i] = static_cast<char>((std::uint64_t{header.size()} >> (8 * i)) & 0xFF);
  return all + header + values;
}

/// Returns the error of loading `bytes` into a model of one parameter, `slope` of length 1.
std::string complaint_about(const std::string& bytes, const LoadSafetensors& options = {}) {
  PReLU<> model;
  const auto before = values_of(model);
  std::istringstream in{bytes};
  const std::string message =
      message_of<FormatError>([&] { load_safetensors(in, model, options, "a.safetensors"); });
  CHECK(values_of(model) == before);
  return message;
}

/// The kernel of a convolution; in memory the outputs vary fastest, then inputs, columns and rows.
struct Kernel : Identity<> {
  static constexpr Index out = 2, in = 3, height = 2, width = 2;

  static void visit(auto&& f, auto&... tree) {
    f(Parameter{"kernel", Role::weight, {{out, in, height, width}, {0, 1, 3, 2}}}, tree.values...);
  }
  Batch<> backward(const Batch<>& x, const Batch<>& dy, Cache& c, Kernel& g, const Pass& pass) const {
    return Identity<>::backward(x, dy, c, g, pass);
  }
  float& at(Index o, Index i, Index row, Index column) { return values(o, i + in * (column + width * row)); }

  Matrix<> values = Matrix<>::Zero(out, in* height* width);
};

}  // namespace

TEST_CASE("save_safetensors: a kernel has its logical dimensions in row-major order") {
  // The digits of each value are its indices: 1011 is output 1, input 0, row 1, column 1. NumPy's a[o, i, row, column]
  // in C order has the last index fastest.
  std::string values;
  for (const int o : {0, 1})
    for (const int i : {0, 1, 2})
      for (const int row : {0, 1})
        for (const int column : {0, 1}) {
          const auto value = static_cast<float>(1000 * o + 100 * i + 10 * row + column);
          values.append(reinterpret_cast<const char*>(&value), sizeof value);
        }
  const std::string file =
      file_of(R"({"kernel":{"data_offsets":[0,96],"dtype":"F32","shape":[2,3,2,2]}}        )", values);
  Kernel kernel;
  for (const MatrixOrder order : {MatrixOrder::out_in, MatrixOrder::in_out}) {  // applies only to matrices
    std::istringstream in{file};
    load_safetensors(in, kernel, {.order = order});
    CHECK(kernel.at(0, 0, 0, 1) == 1);
    CHECK(kernel.at(0, 0, 1, 0) == 10);
    CHECK(kernel.at(0, 2, 1, 1) == 211);
    CHECK(kernel.at(1, 0, 0, 0) == 1000);
    // In memory the outputs vary fastest, then the inputs.
    CHECK(kernel.values.reshaped().head(6) == Vector<>{{0, 1000, 100, 1100, 200, 1200}});
    CHECK(kernel.values.reshaped().segment(6, 2) == Vector<>{{1, 1001}});
  }
  const std::string written = saved(kernel);
  CHECK_THAT(written, ContainsSubstring(R"("shape":[2,3,2,2])"));
  CHECK(written.substr(written.size() - values.size()) == values);

  std::istringstream in{
      file_of(R"({"kernel":{"data_offsets":[0,96],"dtype":"F32","shape":[2,2,3,2]}}        )", values)};
  CHECK_THAT(message_of<FormatError>([&] { load_safetensors(in, kernel); }),
             ContainsSubstring(
                 "tensor \"kernel\": expected shape [2, 3, 2, 2], got [2, 2, 3, 2]; construct the model"));
}

TEMPLATE_TEST_CASE("load_safetensors: restores the bits that save_safetensors wrote", "", float, double) {
  const TemporaryFolder folder;
  const auto path = folder.path / "net.safetensors";
  auto net = support::rich_net<TestType>(1);
  net.template layer<1>().running_mean(2) = std::numeric_limits<TestType>::quiet_NaN();
  net.template layer<1>().running_variance(0) = TestType(0.1);
  save_safetensors(path, net, {.metadata = {{"made by", "a test, \"quoted\" \xC3\xA4"}}});
  auto other = support::rich_net<TestType>(2);
  const Metadata metadata = load_safetensors(path, other);
  CHECK(metadata == Metadata{{"made by", "a test, \"quoted\" \xC3\xA4"}});
  CHECK(saved(other) == saved(net));
  CHECK(saved(other) != saved(support::rich_net<TestType>(2)));
}

TEST_CASE("save_safetensors: a Sequential and a DynamicSequential of the same layers give the same file") {
  Rng rng{1};
  const Dense<> thin{1, 3, rng}, flat{3, 1, rng};
  const Residual residual{Sequential{LayerNorm{3}, PReLU{3}}};
  const auto file = saved(Sequential{thin, BatchNorm{3}, residual, Concat{flat, Identity{}}});
  CHECK(file == saved(DynamicSequential{thin, BatchNorm{3}, residual, Concat{flat, Identity{}}}));
  CHECK_THAT(file, ContainsSubstring(R"("0.weight":{"data_offsets":[0,12],"dtype":"F32","shape":[3,1]})") &&
                       ContainsSubstring(R"("1.running_mean":)") &&
                       ContainsSubstring(R"("2.body.1.slope":)") &&
                       ContainsSubstring(R"("dtype":"F32","shape":[1,3]})"));
}

TEST_CASE("save_safetensors: the layout of the file follows the format") {
  Rng rng{1};
  Dense<> layer{2, 3, rng};
  layer.weight = Matrix<>{{1, 2}, {3, 4}, {5, 6}};
  const std::string file = saved(layer);
  std::uint64_t length = 0;
  for (std::size_t i = 8; i-- > 0;) length = length << 8 | static_cast<unsigned char>(file[i]);
  CHECK(length % 8 == 0);
  CHECK(file.size() == 8 + length + 9 * sizeof(float));
  CHECK(file[8] == '{');
  Vector<> values(9);
  std::memcpy(values.data(), file.data() + 8 + length, 9 * sizeof(float));
  CHECK(values == Vector<>{{1, 2, 3, 4, 5, 6, 0, 0, 0}});
}

TEST_CASE("load_safetensors: weights of PyTorch give the outputs of PyTorch") {
  const auto expected = golden::Json::parse(std::ifstream{golden_files / "expected.json"});
  const Matrix<double> x = golden::batch(expected.at("x"));
  Rng rng{1};
  for (const auto& [type, file] : std::initializer_list<std::pair<const char*, const char*>>{
           {"F32", "net"}, {"F64", "net_f64"}, {"F16", "net_f16"}, {"BF16", "net_bf16"}}) {
    CAPTURE(type);
    Sequential net{Dense<double>{6, 8, rng}, BatchNorm<double>{8}, ReLU<double>{}, Dense<double>{8, 3, rng}};
    const Metadata metadata = load_safetensors(
        golden_files / detail::joined(file, ".safetensors"), net,
        {.names = pytorch_names({{"0", "fc1"}, {"1", "norm"}, {"3", "fc2"}}), .ignore_others = true});
    CHECK(metadata == Metadata{{"format", "pt"}});
    decltype(net)::Cache cache;
    golden::require_close(net.forward(x, cache, Pass::inference()), golden::batch(expected.at(type)), 1e-6);
  }
}

TEST_CASE("TensorNames: maps names by pairs or by a function") {
  Rng rng{1};
  const DynamicSequential net{Dense{2, 2, rng}, BatchNorm{2}};
  const auto names = [&](const TensorNames& to) {
    std::string all;
    for (const char* name : {"0.weight", "1.gamma", "1.running_variance"}) all += to(name) + ' ';
    return all;
  };
  CHECK(names({}) == "0.weight 1.gamma 1.running_variance ");
  CHECK(names({{"1.gamma", "bn.g"}, {"1", "bn"}}) == "0.weight bn.g bn.running_variance ");
  CHECK(names({{"0.weight", "w"}}) == "w 1.gamma 1.running_variance ");
  CHECK(names([](const std::string& name) { return "net." + name; }) ==
        "net.0.weight net.1.gamma net.1.running_variance ");
  CHECK(names(pytorch_names()) == "0.weight 1.weight 1.running_var ");
  CHECK(names(pytorch_names({{"1", "bn"}, {"0", "fc"}})) == "fc.weight bn.weight bn.running_var ");
  CHECK(pytorch_names()("gamma") == "weight");

  CHECK_THAT(message_of<DataError>([&] {
               saved(net, {.names = {{"0.weight", "b"}, {"0.bias", "b"}}});
             }),
             ContainsSubstring("a unique name for each tensor, got \"b\" for \"0.weight\" and \"0.bias\""));
}

TEST_CASE("load_safetensors: a missing or unused or mismatched tensor is reported by name") {
  const std::string good = R"({"slope":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})", four = "1234";
  const auto about = [&](const std::string& header, const std::string& values) {
    return complaint_about(file_of(header, values));
  };
  CHECK_THAT(
      complaint_about(file_of("{}")),
      ContainsSubstring(
          "load_safetensors: a.safetensors: tensor \"slope\": expected a tensor of this name, got none"));
  CHECK_THAT(
      complaint_about(file_of(good, four), {.names = {{"slope", "weight"}}}),
      ContainsSubstring("tensor \"weight\": expected a tensor of this name, got none; correct .names"));
  CHECK_THAT(about(R"({"slope":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}})", "12345678"),
             ContainsSubstring("tensor \"slope\": expected shape [1], got [2]"));
  CHECK_THAT(
      about(R"({"slope":{"dtype":"I32","shape":[1],"data_offsets":[0,4]}})", four),
      ContainsSubstring("tensor \"slope\": expected F64, F32, F16 or BF16, got I32; save it as floats"));
  CHECK_THAT(about(R"({"slope":{"dtype":"F3","shape":[1],"data_offsets":[0,4]}})", four),
             ContainsSubstring("tensor \"slope\": expected F64, F32, F16 or BF16, got F3"));
  const std::string two =
      R"({"slope":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"n":{"dtype":"I64","shape":[],"data_offsets":[4,12]}})";
  CHECK_THAT(about(two, "123456789abc"),
             ContainsSubstring("tensor \"n\": expected only tensors of the model, got "
                               "this one too; set .ignore_others"));
  PReLU<> model;
  std::istringstream in{file_of(two, std::string{"\0\0\0\x40", 4} + "12345678")};
  load_safetensors(in, model, {.ignore_others = true});
  CHECK(model.slope(0) == 2);
}

TEST_CASE("load_safetensors: an ignored tensor may have an unknown type") {
  Rng rng{1};
  DynamicSequential net{Dense{2, 1, rng}};
  const auto load = [&](bool ignore) {
    load_safetensors(golden_files / "newer_dtype_ignored.safetensors", net, {.ignore_others = ignore});
  };
  CHECK_THAT(message_of<FormatError>([&] { load(false); }),
             ContainsSubstring("tensor \"n\": expected only tensors of the model"));
  CHECK_NOTHROW(load(true));
  // Four bits per value: the number of bytes does not follow from the shape.
  PReLU<> model;
  std::istringstream in{file_of(
      R"({"slope":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"n":{"dtype":"F4","shape":[6],"data_offsets":[4,7]}})",
      std::string{"\0\0\0\x40", 4} + "123")};
  load_safetensors(in, model, {.ignore_others = true});
  CHECK(model.slope(0) == 2);
}

TEST_CASE("load_safetensors: reads matrices in either order and names the order of a mismatch") {
  const auto file = [](const char* shape) {
    std::string values;
    for (const float value : {1.0F, 2.0F, 3.0F, 4.0F, 5.0F, 6.0F})
      values.append(reinterpret_cast<const char*>(&value), sizeof value);
    if (std::string_view{shape} == "[2,2]") values.resize(16);
    return std::istringstream{file_of(detail::joined(R"({"weight":{"dtype":"F32","shape":)", shape,
                                                     R"(,"data_offsets":[0,)", values.size(), "]}}"),
                                      values)};
  };
  Rng rng{1};
  Dense dense{2, 3, rng, Bias::none};
  auto out_in = file("[3,2]");
  load_safetensors(out_in, dense);
  CHECK(dense.weight == Matrix<>{{1, 2}, {3, 4}, {5, 6}});
  auto in_out = file("[2,3]");
  load_safetensors(in_out, dense, {.order = MatrixOrder::in_out});
  CHECK(dense.weight == Matrix<>{{1, 4}, {2, 5}, {3, 6}});

  Dense square{2, 2, rng, Bias::none};
  auto kernel = file("[2,2]");
  load_safetensors(kernel, square, {.order = MatrixOrder::in_out});
  CHECK(square.weight == Matrix<>{{1, 3}, {2, 4}});

  auto again = file("[2,3]");
  CHECK_THAT(
      message_of<FormatError>([&] { load_safetensors(again, dense); }),
      ContainsSubstring("tensor \"weight\": expected shape [3, 2], got [2, 3], which is transposed: [inputs, "
                        "outputs]; set .order = MatrixOrder::in_out"));
  auto other = file("[3,2]");
  CHECK_THAT(message_of<FormatError>([&] { load_safetensors(other, dense, {.order = MatrixOrder::in_out}); }),
             ContainsSubstring(
                 "expected shape [2, 3], got [3, 2], which is transposed: [outputs, inputs]; set .order = "
                 "MatrixOrder::out_in"));
}

TEST_CASE("load_safetensors: a scalar is read as a vector of length 1") {
  PReLU<double> model;
  std::istringstream in{
      file_of(R"({"slope":{"dtype":"F32","shape":[],"data_offsets":[0,4]}})", std::string{"\0\0\0\xC0", 4})};
  load_safetensors(in, model);
  CHECK(model.slope(0) == -2);
}

TEST_CASE("load_safetensors: offsets that do not match the shapes are refused") {
  const auto slope = [](const char* rest) {
    return detail::joined(R"({"slope":{"dtype":"F32",)", rest, "}}");
  };
  const auto about = [](const std::string& header) { return complaint_about(file_of(header, "12345678")); };
  CHECK_THAT(about(slope(R"("shape":[1],"data_offsets":[4,8])")),
             ContainsSubstring("tensor \"slope\": expected its bytes to begin at 0"));
  CHECK_THAT(about(slope(R"("shape":[1],"data_offsets":[0,8])")),
             ContainsSubstring("tensor \"slope\": expected 4 bytes for F32 [1], got the bytes from 0 to 8"));
  CHECK_THAT(about(slope(R"("shape":[0],"data_offsets":[0,18446744073709551615])")),
             ContainsSubstring("tensor \"slope\": expected 0 bytes for F32 [0]"));
  CHECK_THAT(about(slope(R"("shape":[4611686018427387904,4],"data_offsets":[0,0])")),
             ContainsSubstring("tensor \"slope\": expected a shape that a file can hold"));
  CHECK_THAT(about(slope(R"("shape":[4294967296,4294967296,0],"data_offsets":[0,0])")),
             ContainsSubstring("tensor \"slope\": expected a shape that a file can hold"));
  CHECK_THAT(
      about(slope(R"("shape":[1],"data_offsets":[0,4])")),
      ContainsSubstring("a.safetensors: expected 4 bytes of values, got 8; save the file again: its header"));
  CHECK_THAT(about(slope(R"("shape":[25],"data_offsets":[0,100])")),
             ContainsSubstring("expected 100 bytes of values, got 8; copy the file again: it is cut short"));
  CHECK_THAT(about(R"({"a":{"dtype":"U8","shape":[6],"data_offsets":[0,6]},)"
                   R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
             ContainsSubstring(
                 "tensor \"b\": expected its bytes to begin at 6, the end of the previous tensor, got 4"));
  CHECK_THAT(about(R"({"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},)"
                   R"("b":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
             ContainsSubstring("tensor \"b\": expected its bytes to begin at 2"));
  CHECK_THAT(about(R"({"a":{"dtype":"U8","shape":[4],"data_offsets":[0,4]},)"
                   R"("a":{"dtype":"U8","shape":[4],"data_offsets":[4,8]}})"),
             ContainsSubstring("tensor \"a\": expected a unique name, got it twice"));
}

TEST_CASE("load_safetensors: a damaged header is refused") {
  const auto about = [](const std::string& header) { return complaint_about(file_of(header)); };
  for (const char* header : {"", "[]", " {}", "{", "{}}", "{\"a\"}", "nonsense", "{\"\xFF\":1}"}) {
    CAPTURE(header);
    CHECK_THAT(about(header), ContainsSubstring("load_safetensors: a.safetensors: expected a header"));
  }
  CHECK_THAT(about(std::string{"{}\0{", 4}), ContainsSubstring("got a null character"));
  for (const char* tensor :
       {"{}", R"({"dtype":"F32","shape":[]})", R"({"dtype":"F32","shape":[],"data_offsets":[0]})",
        R"({"dtype":"F32","shape":[],"data_offsets":[0,0,0]})", R"({"dtype":1})", R"({"dtype":["F32"]})",
        R"({"dtype":"F32","dtype":"F32"})", R"({"shape":[-1]})", R"({"shape":[1.5]})", R"({"shape":[[1]]})",
        R"({"shape":{}})", R"({"shape":[18446744073709551616]})", R"({"shape":["1"]})", R"({"more":1})",
        R"({"shape":null})", R"({"shape":[true]})", R"({"shape":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1]})"}) {
    CAPTURE(tensor);
    CHECK_THAT(about(detail::joined("{\"slope\":", tensor, '}')),
               ContainsSubstring("tensor \"slope\": expected dtype, shape and two data_offsets, got "));
  }
  for (const char* value : {"1", "[]", "null", "\"text\""})
    CHECK_THAT(about(detail::joined("{\"slope\":", value, '}')),
               ContainsSubstring("expected a header with an object for each tensor"));
  CHECK_THAT(about(R"({"__metadata__":{"a":1}})"), ContainsSubstring("expected strings in __metadata__"));
  CHECK_THAT(about(R"({"__metadata__":{"a":"1","a":"2"}})"), ContainsSubstring("metadata \"a\" twice"));
  CHECK_THAT(about(R"({"__metadata__":{},"__metadata__":{}})"), ContainsSubstring("__metadata__ twice"));
}

TEST_CASE("load_safetensors: hostile sizes and nesting depths need no memory and no stack") {
  CHECK_THAT(
      complaint_about(std::string(8, '\xFF')),
      ContainsSubstring("expected a header of at most 100000000 bytes, got one of 18446744073709551615"));
  std::string short_header = file_of("{}");
  short_header[3] = '\2';
  CHECK_THAT(complaint_about(short_header), ContainsSubstring("expected 33554434 bytes of a header, got 2"));
  CHECK_THAT(complaint_about("123"), ContainsSubstring("expected 8 bytes of a header, got 3"));
  for (const char* text : {"[", "{\"a\":"}) {
    std::string deep = "{\"slope\":";
    for (int i = 0; i < 1'000'000; ++i) deep += text;
    CHECK_THAT(complaint_about(file_of(deep)), ContainsSubstring("expected"));
  }
}

TEST_CASE("load_safetensors: a truncated file leaves the model unchanged") {
  auto net = support::rich_net<>(2);
  const auto before = values_of(net);
  const std::string good = saved(support::rich_net<>(1));
  for (std::size_t size = 0; size < good.size(); ++size) {
    std::istringstream in{good.substr(0, size)};
    CHECK_THROWS_AS(load_safetensors(in, net), FormatError);
  }
  CHECK(values_of(net) == before);
}

TEST_CASE("save_safetensors: strings that are not UTF-8 are refused and the old file is kept") {
  const TemporaryFolder folder;
  const auto path = folder.path / "net.safetensors";
  save_safetensors(path, PReLU{}, {.metadata = {{"a", "b"}}});
  CHECK_THAT(message_of<DataError>([&] {
               save_safetensors(path, PReLU{2}, {.metadata = {{"a", "\xFF"}}});
             }),
             ContainsSubstring("save_safetensors: expected names and strings in UTF-8"));
  PReLU<> model;
  CHECK(load_safetensors(path, model) == Metadata{{"a", "b"}});
  CHECK_FALSE(std::filesystem::exists(folder.path / "net.safetensors.part"));
  CHECK_THAT(message_of<FormatError>([&] { save_safetensors(folder.path / "none" / "a", model); }),
             ContainsSubstring("save_safetensors: expected to write "));
  CHECK_THAT(message_of<FormatError>([&] { load_safetensors(folder.path / "none", model); }),
             ContainsSubstring("load_safetensors: expected a readable file"));
}

TEST_CASE("save_safetensors: the file is the same in every locale and can be read") {
  Rng rng{1};
  const Sequential net{Dense<float>{2000, 2, rng}};
  const auto written = [&] {
    std::ostringstream out;
    save_safetensors(out, net);
    return out.str();
  };
  const std::string expected = written();
  CHECK(support::under_decimal_comma(written) == expected);
  Sequential again{Dense<float>{2000, 2, rng}};
  support::under_decimal_comma([&] {
    std::istringstream in{expected};
    load_safetensors(in, again);
  });
  CHECK(support::values_of(again) == support::values_of(net));
}

TEST_CASE("safetensors: the two biases of PyTorch's recurrent layers are read as their sum") {
  for (const golden::Json& c : golden::read("recurrent").at("cases")) {
    if (c.at("kind") != "LSTM" || !c.at("bias")) continue;
    // The tensors of PyTorch as a file, in their order.
    std::string header = "{", values;
    for (const auto& [name, tensor] : c.at("parameters").items()) {
      const std::vector<double> data = tensor.at("data");
      header += (header.size() > 1 ? "," : "") + std::string{"\""} + name + R"(":{"dtype":"F64","shape":)" +
                tensor.at("shape").dump() + ",\"data_offsets\":[" + std::to_string(values.size()) + "," +
                std::to_string(values.size() + 8 * data.size()) + "]}";
      values.append(reinterpret_cast<const char*>(data.data()), 8 * data.size());
    }
    LSTM<double> lstm{3, 4, {.layers = c.at("layers"), .bidirectional = c.at("bidirectional")}};
    std::istringstream in{file_of(header + "}", values)};
    load_safetensors(in, lstm, {.names = pytorch_names()});
    const golden::Json& theirs = c.at("parameters");
    CHECK(lstm.weights(0).bias ==
          golden::matrix(theirs.at("bias_ih_l0")).col(0) + golden::matrix(theirs.at("bias_hh_l0")).col(0));
    CHECK(lstm.weights(0).recurrent == golden::matrix(theirs.at("weight_hh_l0")));

    std::istringstream again{saved(lstm, {.names = pytorch_names()})};
    LSTM<double> same{3, 4, {.layers = c.at("layers"), .bidirectional = c.at("bidirectional")}};
    load_safetensors(again, same, {.names = pytorch_names()});
    CHECK(values_of(same) == values_of(lstm));
  }
}

TEST_CASE("safetensors: a recurrent layer is written with both biases of PyTorch, the second of zeros") {
  RNN<double> rnn{1, 1};
  rnn.weights(0).bias[0] = 2;
  const std::string file = saved(rnn, {.names = pytorch_names()});
  CHECK_THAT(file, ContainsSubstring("\"bias_ih_l0\"") && ContainsSubstring("\"bias_hh_l0\""));
  double both[2];
  std::memcpy(both, file.data() + file.size() - sizeof both, sizeof both);
  CHECK(both[0] == 2);
  CHECK(both[1] == 0);
  GRU<double> gru{1, 1};
  CHECK_THAT(saved(gru), ContainsSubstring("\"bias_hh_l0\""));
}

}  // namespace safetensors_test
