#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Base class of SAX parsers of JSON, which refuses every event that a derived class does not override. Unlike a DOM
/// it sees duplicate names, and its memory, time and stack do not grow with the nesting depth of a hostile text.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { fail("null"); }
  bool boolean(bool) override { fail("a boolean"); }
  bool number_integer(number_integer_t) override { fail("a negative number"); }
  bool number_unsigned(number_unsigned_t) override { fail("a number"); }
  bool number_float(number_float_t, const string_t&) override {
    fail("a number that is not an integer, or too large");
  }
  bool string(string_t& value) override { fail(joined("the string \"", value, '"')); }
  bool binary(binary_t&) override { fail("bytes"); }
  bool key(string_t& name) override { fail(joined("the field \"", name, '"')); }
  bool start_object(std::size_t) override { fail("an object"); }
  bool start_array(std::size_t) override { fail("an array"); }
  bool end_object() override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception& error) override {
    fail(joined("invalid JSON: at character ", at, ": ", error.what()));
  }

  void read(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) fail("a null character");  // the parser would stop there
    // The parser itself, since `json::sax_parse` would also compile the readers of five binary formats.
    auto input = nlohmann::detail::input_adapter(text);
    nlohmann::detail::parser<nlohmann::json, decltype(input)>{std::move(input)}.sax_parse(this);
  }

 protected:
  JsonEvents() = default;
  [[noreturn]] void fail(const std::string& got) const { throw fault(got); }

 private:
  /// Returns the error for a text that has `got` at the current position.
  virtual FormatError fault(const std::string& got) const = 0;
};

}  // namespace descent::detail
