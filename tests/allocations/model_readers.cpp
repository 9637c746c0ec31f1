#include <cstdint>
#include <cstdio>
#include <string>

#include "allocations/reader_memory.hpp"
#include "catch.hpp"
#include "fuzz/feed_io.hpp"

namespace model_readers {

using namespace descent;

namespace {

/// A safetensors file with the given header.
std::string with_header(const std::string& header, const std::string& values = {}) {
  std::string length(8, '\0');
  for (std::size_t i = 0; i < 8; ++i)
    length[i] = static_cast<char>(std::uint64_t{header.size()} >> (8 * i) & 0xFF);
  return length + header + values;
}

/// The header entry of a float tensor.
std::string tensor(const std::string& name, const std::string& shape, std::size_t begin, std::size_t end) {
  return detail::joined('"', name, R"(":{"dtype":"F32","shape":[)", shape, R"(],"data_offsets":[)", begin,
                        ',', end, "]}");
}

/// A model file of zeros with a matching hash.
std::string model(const std::string& architecture, const std::string& labels, const std::string& tensors,
                  std::size_t bytes) {
  const std::string values(bytes, '\0');
  XXH64 hash;
  hash.update(values);
  const std::string digits = detail::printed_hash(hash, {{"architecture", architecture}, {"labels", labels}});
  const nlohmann::json metadata{{"descent_model_format", "1"},
                                {"library_version", "test"},
                                {"architecture", architecture},
                                {"labels", labels},
                                {"hash", digits}};
  return with_header(detail::joined(R"({"__metadata__":)", metadata.dump(), ',', tensors, '}'), values);
}

std::string chain(const std::string& first, int length) {
  std::string all = detail::joined(R"({"type":"Sequential","layers":[{"name":"0","type":")", first, "\"}");
  for (int i = 1; i < length; ++i)
    all += detail::joined(R"(,{"name":")", i, R"(","type":"GELU","options":{"form":1}})");
  return all + "]}";
}

void read_model(std::istream& in) {
  static const LayerRegistry<float> layers = fuzz::few_layers();
  load_model(in, layers);
}

const std::string small_golden = tensor("golden.x", "1,1", 0, 4) + "," + tensor("golden.y", "1,1", 4, 8);

double memory_of_model(const std::string& architecture, const std::string& labels) {
  return memory_over_size(model(architecture, labels, small_golden, 8), read_model);
}

}  // namespace

TEST_CASE("load_model: memory is at most 24 times the file") {
  CHECK(memory_of_model(chain("GELU", 3), "[\"\"" + repeated(",\"\"", many) + "]") < 24);
  CHECK(memory_of_model(chain("GELU", 3), "[[]" + repeated(",[]", many) + "]") < 24);
  CHECK(memory_of_model("[[]" + repeated(",[]", many) + "]", "[]") < 24);
  CHECK(memory_of_model("[{}" + repeated(",{}", many) + "]", "[]") < 24);
  CHECK(memory_of_model(repeated("[", many), "[]") < 24);
  CHECK(memory_of_model(repeated(R"({"layers":[)", many), "[]") < 24);
  CHECK(memory_of_model(R"({"type":"Sequential","options":{"":0)" + repeated(R"(,"":0)", many) + "}}", "[]") <
        24);
  CHECK(memory_of_model(chain("GELU", many), "[]") < 24);
}

TEST_CASE("load_model: golden outputs take at most 24 times the file") {
  constexpr std::size_t n = 1000, weight = 4 * n * n, bias = weight + 4 * n;
  for (const std::size_t samples : {1UL, 64UL}) {
    const std::size_t x = bias + 4 * n * samples, y = x + 4 * n * samples;
    const std::string tensors =
        detail::joined(tensor("0.weight", detail::joined(n, ',', n), 0, weight), ',',
                       tensor("0.bias", detail::joined(n), weight, bias), ',',
                       tensor("golden.x", detail::joined(samples, ',', n), bias, x), ',',
                       tensor("golden.y", detail::joined(samples, ',', n), x, y));
    CAPTURE(samples);
    // As many layers as are accepted, more, and many more.
    for (const int layers : {5, 50, 500, 5'000, 50'000})
      CHECK(memory_over_size(model(chain("Dense", layers), "[]", tensors, y), read_model) < 24);
  }
}

TEST_CASE("load_safetensors: memory is at most 12 times the file") {
  const auto read = [](std::istream& in) {
    Rng rng{1};
    DynamicSequential<float> net{Dense<float>{2, 3, rng}};
    load_safetensors(in, net);
  };
  std::string empty_tensors = tensor("a", "0", 0, 0), metadata = R"("":"")";
  for (int i = 0; i < many; ++i) {
    empty_tensors += ',' + tensor(std::to_string(i), "0", 0, 0);
    metadata += detail::joined(",\"", i, R"(":"")");
  }
  CHECK(memory_over_size(with_header('{' + empty_tensors + '}'), read) < 12);
  CHECK(memory_over_size(with_header(R"({"__metadata__":{)" + metadata + "}}"), read) < 12);
  CHECK(memory_over_size(with_header('{' + repeated("\"a\":{", many)), read) < 12);
  CHECK(memory_over_size(with_header('{' + repeated("[", many)), read) < 12);
}

}  // namespace model_readers
