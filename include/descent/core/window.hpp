#pragma once

#include <algorithm>
#include <string_view>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"

namespace descent::inline DESCENT_ABI {

/// A height and a width, as of a kernel or a stride. A single number is both.
struct Extent {
  constexpr Extent(Index both) : Extent{both, both} {}
  constexpr Extent(Index rows, Index columns) : height{rows}, width{columns} {}

  Index height, width;
  friend bool operator==(const Extent&, const Extent&) = default;
};

/// The rows and columns that are added around an image. A single number is all four.
struct Padding {
  constexpr Padding(Index all = 0) : Padding{all, all, all, all} {}
  constexpr Padding(Index top_rows, Index left_columns, Index bottom_rows, Index right_columns)
      : top{top_rows}, left{left_columns}, bottom{bottom_rows}, right{right_columns} {}
  /// Padding for an output of the size of the input, at a stride of 1. If it cannot be symmetric, the larger part is at
  /// the bottom and right, as in PyTorch.
  static constexpr Padding same() { return {-1}; }

  Index top, left, bottom, right;
  friend bool operator==(const Padding&, const Padding&) = default;
};

namespace detail {

/// The window that a convolution or a pooling layer moves over an image.
struct Window {
  Extent kernel, stride, dilation;
  Padding padding;

  /// Returns a valid window, with explicit padding; throws ShapeError if there is none.
  static Window checked(std::string_view component, Window window) {
    const auto& [kernel, stride, dilation, padding] = window;
    constexpr Index most = Index{1} << 20;
    for (const auto& [name, extent] : {Named{"kernel", kernel}, {"stride", stride}, {"dilation", dilation}})
      if (std::min(extent.height, extent.width) < 1 || std::max(extent.height, extent.width) > most)
        throw_error<ShapeError>(
            component,
            {"expected .", name, " from 1 to ", most, ", got ", extent.height, " x ", extent.width},
            "pass a positive height and width");
    if (padding == Padding::same()) {
      if (stride != Extent{1})
        throw_error<ShapeError>(
            component,
            {"expected .stride = 1 with Padding::same(), got ", stride.height, " x ", stride.width},
            "pass explicit padding, since it would depend on the size of the image");
      const Index down = window.reach().height - 1, across = window.reach().width - 1;
      window.padding = {down / 2, across / 2, down - down / 2, across - across / 2};
    }
    const auto& [top, left, bottom, right] = padding;
    if (std::min({top, left, bottom, right}) < 0 || std::max({top, left, bottom, right}) > most)
      throw_error<ShapeError>(
          component,
          {"expected .padding from 0 to ", most, ", got ", top, ", ", left, ", ", bottom, ", ", right},
          "pass the rows and columns to add at the top, left, bottom and right");
    return window;
  }

  /// The size of the kernel with the gaps of its dilation.
  Extent reach() const {
    return {(kernel.height - 1) * dilation.height + 1, (kernel.width - 1) * dilation.width + 1};
  }
  Shape padded(const Shape& in) const {
    return {in.channels, in.height + padding.top + padding.bottom, in.width + padding.left + padding.right};
  }
  /// Returns the shape of the output; throws ShapeError if the kernel is larger than the padded image.
  Shape output(std::string_view component, Index channels, const Shape& in) const {
    if (in.size() == 0 || in.size() > (Index{1} << 47))
      throw_error<ShapeError>(component,
                              {"expected an image of positive sizes that fits into memory, got ", in.height,
                               " x ", in.width, " with ", in.channels, " channels"},
                              "pass channels, height and width of a sample");
    const Shape image = padded(in);
    if (image.height < reach().height || image.width < reach().width)
      throw_error<ShapeError>(component,
                              {"expected a kernel that fits into the padded image of ", image.height, " x ",
                               image.width, ", got ", reach().height, " x ", reach().width},
                              "choose a smaller kernel or dilation, or pad the image");
    if (image.size() > (Index{1} << 24) && image.size() / 64 > in.size())
      throw_error<ShapeError>(component,
                              {"expected padding in proportion to the image, got an image of ", image.height,
                               " x ", image.width, " from ", in.height, " x ", in.width},
                              "choose less padding");
    return {channels, (image.height - reach().height) / stride.height + 1,
            (image.width - reach().width) / stride.width + 1};
  }

  static void visit_options(auto&& f, auto&... windows) {
    f("stride_height", windows.stride.height...);
    f("stride_width", windows.stride.width...);
    f("padding_top", windows.padding.top...);
    f("padding_left", windows.padding.left...);
    f("padding_bottom", windows.padding.bottom...);
    f("padding_right", windows.padding.right...);
  }

 private:
  struct Named {
    std::string_view name;
    Extent extent;
  };
};

}  // namespace detail

}  // namespace descent
