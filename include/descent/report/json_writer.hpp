#pragma once

#include <charconv>
#include <concepts>
#include <cstddef>
#include <string>
#include <string_view>
#include <type_traits>

#include "descent/core/errors.hpp"
#include "descent/core/finite.hpp"
#include "descent/core/json_text.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// Writes JSON that may stand in a `<script>` element of a page. Numbers have the given number of digits; those that are
/// not finite become null.
///
///   json.object([&] { json("loss", history["loss"]), json("name", name); });
class JsonWriter {
 public:
  explicit JsonWriter(int digits) : digits_{digits} {}

  /// Writes a member of an object.
  void operator()(std::string_view name, const auto& value) {
    separate();
    text_ += json_text(name) + ':';
    is_first_ = true;  // no comma after the colon
    put(value);
  }
  /// Writes a value: text, a number, a list, or a function that writes it.
  void put(const auto& value) {
    using V = std::remove_cvref_t<decltype(value)>;
    if constexpr (std::invocable<const V&>) {
      value();
    } else if constexpr (std::convertible_to<const V&, std::string_view>) {
      add(json_text(value));
    } else if constexpr (std::same_as<V, bool>) {
      add(value ? "true" : "false");
    } else if constexpr (std::integral<V>) {
      add(joined({value}));
    } else if constexpr (std::floating_point<V>) {
      const auto number = static_cast<double>(value);
      add(is_finite(number) ? joined({Formatted{number, std::chars_format::general, digits_}}) : "null");
    } else {
      list(value, [&](const auto& each) { put(each); });
    }
  }
  void object(auto&& f) { nest('{', f, '}'); }
  /// Writes a list: f(each) writes an element.
  void list(const auto& range, auto&& f) {
    const auto write = [&] {
      for (const auto& each : range) f(each);
    };
    nest('[', write, ']');
  }

  /// Returns the text, in which no sequence has a meaning in HTML or ends a line of JavaScript.
  std::string text() const {
    std::string safe;
    safe.reserve(text_.size());
    for (std::size_t i = 0; i < text_.size(); ++i) {
      const std::string_view three{text_.data() + i, text_.size() - i < 3 ? 0U : 3U};
      if (three == "\xE2\x80\xA8" || three == "\xE2\x80\xA9")  // U+2028 and U+2029
        safe += three.back() == '\xA8' ? "\\u2028" : "\\u2029", i += 2;
      else if (const char c = text_[i]; c == '<' || c == '>' || c == '&')
        safe += c == '<' ? "\\u003c" : c == '>' ? "\\u003e" : "\\u0026";
      else
        safe += c;
    }
    return safe;
  }

 private:
  void separate() {
    if (!is_first_) text_ += ',';
    is_first_ = false;
  }
  void add(std::string_view value) {
    separate();
    text_ += value;
  }
  void nest(char open, auto& f, char close) {
    separate();
    text_ += open;
    is_first_ = true;
    f();
    text_ += close;
    is_first_ = false;
  }

  int digits_;
  std::string text_;
  bool is_first_ = true;
};

}  // namespace descent::inline DESCENT_ABI::detail
