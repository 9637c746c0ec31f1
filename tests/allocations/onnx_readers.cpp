#include <cstdint>
#include <descent/io/onnx/load.hpp>
#include <string>

#include "allocations/reader_memory.hpp"
#include "catch.hpp"

namespace onnx_readers {

using namespace descent;

namespace {

// Hand-written Protocol Buffers, because a writer would reject invalid ones.
std::string varint(std::uint64_t value) {
  std::string bytes;
  for (; value > 127; value >>= 7) bytes += static_cast<char>((value & 127) | 128);
  return bytes + static_cast<char>(value);
}
std::string text(unsigned field, const std::string& bytes) {
  return varint(field << 3 | 2) + varint(bytes.size()) + bytes;
}
std::string number(unsigned field, std::uint64_t value) { return varint(field << 3) + varint(value); }

std::string value(const std::string& name, int features) {
  const std::string sizes = text(1, "") + text(1, number(1, static_cast<std::uint64_t>(features)));
  return text(1, name) + text(2, text(1, number(1, 1) + text(2, sizes)));
}
std::string node(const std::string& op, const std::string& from, const std::string& to,
                 const std::string& more = {}) {
  return text(1, text(1, from) + text(2, to) + text(4, op) + more);
}
/// A matrix of zeros, as a constant named w.
std::string weight(int type, int size, std::size_t bytes_each) {
  const auto n = static_cast<std::uint64_t>(size);
  return text(5, text(8, "w") + number(2, static_cast<std::uint64_t>(type)) + number(1, n) + number(1, n) +
                     text(9, std::string(n * n * bytes_each, '\0')));
}
/// A chain of nodes from x to y.
std::string chain(const std::string& op, int length, const std::string& more = {}) {
  std::string all, from = "x";
  for (int i = 1; i <= length; ++i) {
    const std::string to = i == length ? "y" : std::to_string(i);
    all += node(op, from, to, more);
    from = to;
  }
  return all;
}

void check(const std::string& graph, int features = 4, const std::string& more = {}) {
  const std::string whole = graph + text(11, value("x", features)) + text(12, value("y", features));
  const std::string file = number(1, 8) + text(7, whole) + text(8, number(2, 17)) + more;
  CAPTURE(graph.substr(0, 40));
  CHECK(memory_over_size(file, [](std::istream& in) { load_onnx(in); }) < 48);
}

}  // namespace

TEST_CASE("load_onnx: memory for the structure is at most 48 times the file") {
  check(repeated(text(1, ""), many));
  check(text(1, repeated(text(1, ""), many) + text(1, "x") + text(2, "y") + text(4, "Relu")));
  check(text(1, repeated(text(1, "x"), many) + text(2, "y") + text(4, "Concat") +
                    text(5, text(1, "axis") + number(3, 1))));
  check(text(1, text(1, "x") + repeated(text(2, ""), many) + text(4, "Relu")));
  check(node("Relu", "x", "y", repeated(text(5, ""), many)));
  check(node("Relu", "x", "y", repeated(text(5, text(1, "a")), many)));
  check(node("Relu", "x", "y", repeated(text(5, text(1, "a") + text(5, number(2, 1) + number(1, 0))), many)));
  check(repeated(text(11, ""), many));
  check(repeated(text(12, ""), many));
  check(repeated(text(5, number(2, 1) + number(1, 0)), many));
  check(text(11, text(2, text(1, text(2, repeated(text(1, ""), many))))));
  check(chain("Relu", 2), 4, repeated(text(14, ""), many));
  check(chain("Relu", many));
  std::string unknown, fan, constants, constant_nodes, unread, integers, inputs;
  for (int i = 0; i < many; ++i) {
    const std::string name = std::to_string(i);
    unknown += text(1, text(2, name) + text(4, "A"));
    fan += node("Relu", "x", name);
    constants += text(5, text(8, name) + number(2, 9) + text(9, "\1"));
    constant_nodes +=
        node("Constant", "", name, text(5, text(1, "value") + text(5, number(2, 9) + text(9, "\1"))));
    unread += text(5, text(8, name) + number(2, 3));
    integers += node("Constant", "", name, text(5, text(1, "value_ints") + text(8, "\1")));
    inputs += text(11, text(1, name));
  }
  check(unknown);
  check(unread);
  check(integers);
  check(inputs);
  check(inputs + chain("Relu", many));
  check(fan + node("Relu", "x", "y"));
  check(constants);
  check(constant_nodes);
}

TEST_CASE("load_onnx: memory for the values is at most 48 times the file") {
  const std::string ones(many, '\1');
  const std::string size = number(1, many);
  check(text(5, text(8, "w") + number(2, 7) + size + text(7, ones)));
  for (const int type : {3, 6, 9, 10, 16})
    check(text(5, text(8, "w") + number(2, static_cast<std::uint64_t>(type)) + size + text(5, ones)));
  check(text(5, text(8, "w") + number(2, 9) + size + text(9, ones)));
  check(text(5, text(8, "w") + number(2, 9) + text(1, ones) + text(9, "\1")));
  check(node("Relu", "x", "y", text(5, text(1, "a") + text(8, ones))));
  constexpr int n = 500;
  for (const auto& [type, bytes_each] :
       {std::pair{1, 4UL}, {11, 8UL}, {10, 2UL}, {16, 2UL}, {6, 4UL}, {9, 1UL}, {7, 8UL}})
    for (const int layers : {1, 4, 40})  // with shared weights
      check(weight(type, n, bytes_each) + chain("MatMul", layers, text(1, "w")), n);
}

}  // namespace onnx_readers
