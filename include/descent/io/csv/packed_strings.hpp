#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// A list of strings in contiguous memory, with 8 bytes per string besides its characters: a file may have millions of
/// strings of at most one character, and a std::string for each would take many times the memory of the file.
class PackedStrings {
 public:
  std::size_t size() const { return ends_.size(); }
  std::string_view operator[](std::size_t i) const {
    const std::size_t begin = i == 0 ? 0 : ends_[i - 1];
    return std::string_view{characters_}.substr(begin, ends_[i] - begin);
  }

  /// Adds an empty string.
  void begin() { ends_.push_back(characters_.size()); }
  /// Appends to the last string.
  void append(std::string_view characters) {
    characters_ += characters;
    ends_.back() = characters_.size();
  }
  void push_back(std::string_view text) {
    begin();
    append(text);
  }
  /// Removes all strings and keeps the capacity.
  void clear() {
    characters_.clear();
    ends_.clear();
  }

 private:
  std::string characters_;
  std::vector<std::size_t> ends_;
};

}  // namespace descent::detail
