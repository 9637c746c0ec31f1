#pragma once

#include <concepts>
#include <cstdint>
#include <string>
#include <string_view>

#include "descent/tree/dimensions.hpp"

namespace descent {

/// A parameter path, built from the inside out as compositions prepend their names. The chain lives on the stack while a
/// traversal runs; `path()` spells it, as in `2.weight`.
class Name {
 public:
  Name(std::convertible_to<std::string_view> auto const& text, const Name* inner = nullptr)
      : text_{text}, inner_{inner} {}

  /// The name with that of a composition before it.
  Name inside(std::string_view child) const { return {child, this}; }

  std::string path() const {
    std::string all{text_};
    for (const Name* name = inner_; name != nullptr; name = name->inner_) all.append(".").append(name->text_);
    return all;
  }

  /// True if the path is `names` or continues it: `2.weight` begins with `2` and with nothing, but not
  /// with `2.w`. Allocates nothing.
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

/// The purpose of a parameter. Regularizers act on weights and leave biases and scales alone. State is no parameter:
/// training updates it, but no gradient moves it.
enum class Role : std::uint8_t { weight, bias, scale, state };

/// The name, the purpose and the logical dimensions by which a layer presents some of its numbers to a traversal.
///
///   f(Parameter{"weight", Role::weight}, ...)                               [rows, cols] of the matrix
///   f(Parameter{"kernel", Role::weight, {out, in, height, width}}, ...)     four, in files and ONNX
struct Parameter {
  Name name;
  Role role;
  Dimensions dimensions = {};
  Parameter inside(std::string_view child) const { return {name.inside(child), role, dimensions}; }
};

}  // namespace descent
