#pragma once

#include <cstddef>
#include <string_view>
#include <vector>

#include "descent/core/version.hpp"

namespace descent::inline DESCENT_ABI {

/// The layers that training leaves unchanged, as a tree of positions that a `Pass` descends with the compositions:
/// layers that normalize by batch statistics use the running ones if they are frozen, and chains run backward only as far
/// as the first layer that is trained.
class FrozenLayers {
 public:
  /// Adds a layer by the path of its parameters, such as `4.1`. The body of a `Residual` is its layer 0. Ignores names of
  /// parameters.
  void add(std::string_view path) {
    if (FrozenLayers* const layer = descend(path, false)) layer->whole_ = true;
  }
  /// Sets the first parameter that is trained, in the order of the layers, such as `6.weight`.
  void train_from(std::string_view path) { descend(path, true); }

  bool is_whole() const { return whole_; }
  /// The position of the first layer of a chain that is trained, or contains one.
  std::size_t first_trained() const { return first_trained_; }
  /// Returns the frozen layers within the layer at a position, or null if there are none.
  const FrozenLayers* inside(std::size_t position) const {
    if (whole_) return this;
    for (const FrozenLayers& child : children_)
      if (child.position_ == position) return &child;
    return nullptr;
  }

 private:
  /// Returns the last layer on the path, or null at the name of a parameter.
  FrozenLayers* descend(std::string_view path, bool is_trained) {
    FrozenLayers* at = this;
    while (!path.empty()) {
      const std::string_view name = path.substr(0, path.find('.'));
      std::size_t position = 0;
      for (const char digit : name) {
        if (name == "body") break;
        if (digit < '0' || digit > '9' || position > 100'000'000) return nullptr;
        position = 10 * position + static_cast<std::size_t>(digit - '0');
      }
      if (is_trained) at->first_trained_ = position;
      at = &at->made(position);
      path.remove_prefix(name.size() + (name.size() < path.size() ? 1 : 0));
    }
    return at;
  }
  FrozenLayers& made(std::size_t position) {
    for (FrozenLayers& child : children_)
      if (child.position_ == position) return child;
    children_.emplace_back().position_ = position;
    return children_.back();
  }

  std::size_t position_ = 0, first_trained_ = 0;
  bool whole_ = false;
  std::vector<FrozenLayers> children_;
};

}  // namespace descent
