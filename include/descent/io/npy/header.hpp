#pragma once

#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/serialize/byte_reader.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The contents of the header of a .npy file.
struct NpyHeader {
  std::string type;  ///< kind and bytes of a value, as in f8
  bool big_endian = false;
  bool fortran_order = false;
  std::vector<std::uint64_t> sizes;  ///< the dimensions, at least one; the first is the number of rows
  std::uint64_t rows = 0, cols = 0;  ///< `cols` is the product of the other sizes
};

/// Parses the text of a header, a Python dictionary: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
class NpyHeaderParser {
 public:
  NpyHeaderParser(const ByteReader& file, std::string_view text, std::size_t most_dimensions)
      : file_{file}, text_{text}, most_dimensions_{most_dimensions} {}

  NpyHeader parse() {
    NpyHeader header;
    expect('{');
    bool has_type = false, has_order = false, has_shape = false;
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      if (key == "descr")
        take_type(header), has_type = true;
      else if (key == "fortran_order")
        header.fortran_order = boolean(), has_order = true;
      else if (key == "shape")
        take_shape(header), has_shape = true;
      else
        fail(joined("expected descr, fortran_order and shape, got ", key));
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    skip_spaces();
    if (at_ != text_.size()) fail("expected the end of the header, got more characters");
    if (!has_type || !has_order || !has_shape)
      fail("expected descr, fortran_order and shape, got only some of them");
    return header;
  }

 private:
  void take_type(NpyHeader& header) {
    skip_spaces();
    if (at_ < text_.size() && text_[at_] == '[')
      file_.fail("expected a plain array, got a structured array",
                 "save one field of it: numpy.save(path, a['name'])");
    const std::string_view type = quoted();
    if (type.size() < 2 || std::string_view{"<>|="}.find(type[0]) == std::string_view::npos)
      fail(joined("expected a type such as '<f8', got '", type, '\''));
    header.big_endian = type[0] == '>';
    header.type = type.substr(1);
  }

  void take_shape(NpyHeader& header) {
    expect('(');
    header.sizes.clear();
    while (!accept(')')) {
      header.sizes.push_back(number());
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
    if (header.sizes.empty() || header.sizes.size() > most_dimensions_)
      file_.fail(
          joined("expected an array of 1 to ", most_dimensions_, " dimensions, got ", header.sizes.size()),
          most_dimensions_ == 2
              ? "read images with read_npy_dataset, or reshape it: numpy.save(path, a.reshape(len(a), -1))"
              : "reshape it: numpy.save(path, a.reshape(len(a), -1))");
    header.rows = header.sizes[0];
    header.cols = 1;
    for (std::size_t k = 1; k < header.sizes.size(); ++k)
      header.cols = file_.product({header.cols, header.sizes[k]});
    file_.product({header.rows, header.cols});  // throws if the size overflows
  }

  std::uint64_t number() {
    skip_spaces();
    std::uint64_t value = 0;
    const std::size_t begin = at_;
    for (; at_ < text_.size() && text_[at_] >= '0' && text_[at_] <= '9'; ++at_)
      value = file_.product({value, 10}) + static_cast<std::uint64_t>(text_[at_] - '0');
    if (at_ == begin) fail("expected an integer");
    if (at_ < text_.size() && text_[at_] == 'L') ++at_;  // written by Python 2
    return value;
  }

  bool boolean() {
    skip_spaces();
    for (const bool value : {false, true}) {
      const std::string_view name = value ? "True" : "False";
      if (!text_.substr(at_).starts_with(name)) continue;
      at_ += name.size();
      return value;
    }
    fail("expected True or False");
  }

  std::string_view quoted() {
    skip_spaces();
    const char quote = at_ < text_.size() ? text_[at_] : ' ';
    const std::size_t end =
        quote == '\'' || quote == '"' ? text_.find(quote, at_ + 1) : std::string_view::npos;
    if (end == std::string_view::npos) fail("expected a quoted name");
    const std::string_view name = text_.substr(at_ + 1, end - at_ - 1);
    at_ = end + 1;
    return name;
  }

  bool accept(char c) {
    skip_spaces();
    if (at_ == text_.size() || text_[at_] != c) return false;
    ++at_;
    return true;
  }
  void expect(char c) {
    if (!accept(c)) fail(joined("expected '", c, '\''));
  }
  void skip_spaces() {
    while (at_ < text_.size() && (text_[at_] == ' ' || text_[at_] == '\n')) ++at_;
  }

  [[noreturn]] void fail(const std::string& problem) const {
    file_.fail(joined("in the header ", problem, " at character ", at_),
               "save the array again with numpy.save");
  }

  const ByteReader& file_;
  std::string_view text_;
  std::size_t most_dimensions_;
  std::size_t at_ = 0;
};

inline constexpr std::string_view npy_magic = "\x93NUMPY";

inline NpyHeader read_npy_header(ByteReader& file, std::size_t most_dimensions) {
  const auto magic = file.take(8, "a header");
  if (!std::equal(npy_magic.begin(), npy_magic.end(), magic.begin(),
                  [](char a, std::uint8_t b) { return static_cast<std::uint8_t>(a) == b; }))
    file.fail("expected a .npy file, which begins with \\x93NUMPY, got other bytes",
              "pass a .npy file; extract it from an .npz file");
  if (magic[6] < 1 || magic[6] > 3)
    file.fail(joined("expected version 1 to 3 of the format, got ", int{magic[6]}),
              "save it in one of these versions");
  std::uint64_t length = 0;
  const auto length_bytes = file.take(magic[6] == 1 ? 2 : 4, "a header");
  for (std::size_t i = 0; i < length_bytes.size(); ++i) length |= std::uint64_t{length_bytes[i]} << (8 * i);
  constexpr std::uint64_t longest = 65535;  // a plain array has about a hundred
  if (length > longest)
    file.fail(joined("expected a header of at most ", longest, " bytes, got one of ", length),
              "save a plain array");
  const auto bytes = file.take(length, "a header");
  const std::string text{bytes.begin(), bytes.end()};
  return NpyHeaderParser{file, text, most_dimensions}.parse();
}

/// Returns the bytes before the values, padded with spaces so that the values begin at a multiple of 64 bytes.
inline std::string npy_header(std::string text) {
  constexpr std::size_t before = 10, alignment = 64;
  const std::size_t used = before + text.size() + 1;
  text.append((alignment - used % alignment) % alignment, ' ').append("\n");
  std::string all{npy_magic};
  all.append({'\1', '\0', static_cast<char>(text.size() & 0xFF), static_cast<char>(text.size() >> 8)});
  return all + text;
}

}  // namespace descent::detail
