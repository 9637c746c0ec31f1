#pragma once

#include <cstddef>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "descent/core/errors.hpp"

namespace descent::detail {

/// Takes the events of a JSON text; what a kind of text does not have is refused. Unlike a tree of the text, this sees
/// names that occur twice, and takes no more memory, time or stack than what it keeps, however a hostile text nests.
class JsonEvents : public nlohmann::json_sax<nlohmann::json> {
 public:
  bool null() override { fail("null"); }
  bool boolean(bool) override { fail("a truth value"); }
  bool number_integer(number_integer_t) override { fail("a negative number"); }
  bool number_unsigned(number_unsigned_t) override { fail("a number"); }
  bool number_float(number_float_t, const string_t&) override {
    fail("a number that is not whole, or too large");
  }
  bool string(string_t& value) override { fail(joined("the text \"", value, '"')); }
  bool binary(binary_t&) override { fail("bytes"); }
  bool key(string_t& name) override { fail(joined("the field \"", name, '"')); }
  bool start_object(std::size_t) override { fail("an object"); }
  bool start_array(std::size_t) override { fail("a list"); }
  bool end_object() override { return true; }
  bool end_array() override { return true; }
  bool parse_error(std::size_t at, const std::string&, const nlohmann::json::exception& error) override {
    fail(joined("no JSON: at its character ", at, ": ", error.what()));
  }

  void read(std::string_view text) {
    if (text.find('\0') != std::string_view::npos) fail("a character 0");  // the parser would end there
    nlohmann::json::sax_parse(text, this);
  }

 protected:
  JsonEvents() = default;
  [[noreturn]] void fail(const std::string& got) const { throw fault(got); }

 private:
  /// Returns the error of a text that has `got` at this place.
  virtual FormatError fault(const std::string& got) const = 0;
};

}  // namespace descent::detail
