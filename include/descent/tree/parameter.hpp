#pragma once

#include <concepts>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "descent/tree/dimensions.hpp"

namespace descent::inline DESCENT_ABI {

/// A parameter path, built from the inside out as compositions prepend their names. A linked list on the stack, valid
/// during a traversal; `path()` returns the text, such as `2.weight`.
class Name {
 public:
  Name(std::convertible_to<std::string_view> auto const& text, const Name* inner = nullptr)
      : text_{text}, inner_{inner} {}

  /// Returns the path with the name of the layer in a composition prepended.
  Name inside(std::string_view child) const { return {child, this}; }

  [[gnu::cold]] std::string path() const {
    std::string all{text_};
    for (const Name* name = inner_; name != nullptr; name = name->inner_) all.append(".").append(name->text_);
    return all;
  }

  /// True if `text` is the path. Does not allocate. Compares characters, since a call takes longer than a short name.
  bool is(std::string_view text) const {
    std::size_t i = 0;
    for (const Name* name = this; name != nullptr; name = name->inner_) {
      if (name != this && (i == text.size() || text[i++] != '.')) return false;
      for (const char c : name->text_)
        if (i == text.size() || text[i++] != c) return false;
    }
    return i == text.size();
  }

  /// True if `names` is a prefix of the path in whole names: `2.weight` begins with `2` and with the empty text, but
  /// not with `2.w`. Does not allocate.
  bool begins_with(std::string_view names) const {
    for (const Name* name = this; !names.empty(); name = name->inner_) {
      if (name == nullptr || !names.starts_with(name->text_)) return false;
      names.remove_prefix(name->text_.size());
      if (names.empty()) return true;
      if (names.front() != '.') return false;
      names.remove_prefix(1);
    }
    return true;
  }

 private:
  std::string_view text_;
  const Name* inner_;
};

/// The role of a parameter. Regularizers act on weights only, not on biases and scales. `state` is not trainable,
/// such as running statistics: training updates it without a gradient.
enum class Role : std::uint8_t { weight, bias, scale, state };

/// The name, the role and the logical dimensions of a parameter or of state, which a layer passes to a traversal.
///
///   f(Parameter{"weight", Role::weight}, ...)                               [rows, cols] of the matrix
///   f(Parameter{"kernel", Role::weight, {out, in, height, width}}, ...)     four dimensions in files and in ONNX
struct Parameter {
  Name name;
  Role role;
  Dimensions dimensions = {};
  Parameter inside(std::string_view child) const { return {name.inside(child), role, dimensions}; }
};

}  // namespace descent
