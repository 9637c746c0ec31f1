#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <protozero/pbf_reader.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI::detail {

[[noreturn]] inline void fail_to_read_onnx(const std::string& problem, std::string_view cure) {
  throw FormatError("read_onnx", problem, cure);
}

/// Reads a message of Protocol Buffers field by field. Fields that are not read are skipped. The wire type of each
/// field is checked here in every build, since protozero only asserts it.
///
/// Throws   FormatError when a field has another wire type.
class OnnxMessage {
 public:
  explicit OnnxMessage(std::string_view bytes) : in_{bytes.data(), bytes.size()} {}

  /// Moves on to the next field; false at the end.
  bool next() {
    if (pending_) in_.skip();
    return pending_ = in_.next();
  }
  std::uint32_t field() const { return in_.tag(); }

  /// The number of remaining fields with this number, at most as many as could have `shortest` bytes each: a list
  /// that reserves as many entries takes memory in proportion to the file.
  std::size_t count(std::uint32_t number, std::size_t shortest) const {
    std::size_t fields = 0;
    for (protozero::pbf_reader rest = in_; rest.next(); rest.skip()) fields += rest.tag() == number;
    return std::min(fields, in_.length() / shortest);
  }

  std::string_view bytes() {
    expect(Kind::length_delimited);
    const protozero::data_view view = in_.get_view();
    return {view.data(), view.size()};
  }
  std::string text() { return std::string{bytes()}; }
  OnnxMessage message() { return OnnxMessage{bytes()}; }
  std::int64_t integer() {
    expect(Kind::varint);
    return in_.get_int64();
  }
  double real() {
    expect(Kind::fixed32);
    return static_cast<double>(in_.get_float());
  }

  // A list is packed into one field, or has a field for each number.
  void append_integers(auto& list) {
    const auto append = [&](std::int64_t number) {
      list.push_back(static_cast<typename std::remove_cvref_t<decltype(list)>::value_type>(number));
    };
    if (!is(Kind::length_delimited)) return append(integer());
    pending_ = false;
    for (const std::int64_t number : in_.get_packed_int64()) append(number);
  }
  void append_floats(std::vector<double>& list) {
    if (!is(Kind::length_delimited)) return list.push_back(real());
    pending_ = false;
    for (const float number : in_.get_packed_float()) list.push_back(static_cast<double>(number));
  }
  void append_doubles(std::vector<double>& list) {
    if (!is(Kind::length_delimited)) {
      expect(Kind::fixed64);
      return list.push_back(in_.get_double());
    }
    pending_ = false;
    for (const double number : in_.get_packed_double()) list.push_back(number);
  }

 private:
  using Kind = protozero::pbf_wire_type;

  bool is(Kind kind) const { return in_.wire_type() == kind; }
  void expect(Kind kind) {
    if (!is(kind))
      fail_to_read_onnx(joined("expected field ", field(), " of wire type ", static_cast<int>(kind), ", got ",
                               static_cast<int>(in_.wire_type())),
                        "pass a complete .onnx file");
    pending_ = false;
  }

  protozero::pbf_reader in_;
  bool pending_ = false;  // true if the current field is not read yet
};

}  // namespace descent::detail
