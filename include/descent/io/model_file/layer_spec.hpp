#pragma once

#include <cmath>
#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/dimensions.hpp"

namespace descent::inline DESCENT_ABI {

/// The logical dimensions of the tensors in a file, by parameter path.
using TensorDimensions = std::map<std::string, Dimensions>;

/// The number of values, counted from 0, of an enumeration in the options of a layer. Specialize it for more than two.
template <class E>
constexpr int enumeration_size = 2;

/// The description of one layer in a file, which its factory receives.
class LayerSpec {
 public:
  LayerSpec(const LayerDescription& description, const TensorDimensions& tensors, std::string path)
      : description_{description}, tensors_{tensors}, path_{std::move(path)} {}

  /// Returns the option of this name in the layer's `visit_options`.
  double option(std::string_view name) const {
    for (const auto& [option, value] : description_.options)
      if (option == name) return value;
    fail(detail::joined("expected the option \"", name, "\", got none"));
  }
  /// Returns an option that is a size.
  Index size_option(std::string_view name) const {
    const double size = option(name);
    if (!(size >= 0 && size <= 0x1p53 && size == std::floor(size)))
      fail(detail::joined("expected the option \"", name, "\" to be a size, got ", size));
    return static_cast<Index>(size);
  }

  bool has(std::string_view tensor) const { return tensors_.contains(inside(tensor)); }
  /// Returns the logical dimensions of the layer's parameter or state of this name.
  const Dimensions& dimensions(std::string_view tensor) const {
    const auto found = tensors_.find(inside(tensor));
    if (found == tensors_.end()) fail(detail::joined("expected a tensor \"", tensor, "\", got none"));
    return found->second;
  }
  /// Returns the length of a vector.
  Index length(std::string_view tensor) const { return of_rank(1, tensor)[0]; }
  /// Returns the number of rows or columns of a matrix.
  Index rows(std::string_view tensor) const { return of_rank(2, tensor)[0]; }
  Index cols(std::string_view tensor) const { return of_rank(2, tensor)[1]; }

  const LayerDescription& description() const { return description_; }
  const std::string& path() const { return path_; }

  /// Returns the layer of a composition at this position.
  LayerSpec part(std::size_t position) const {
    const auto& [name, layer] = description_.layers[position];
    return {layer, tensors_, inside(name)};
  }
  /// Throws unless the layer is a composition of 1 to `most` layers.
  void expect_parts(std::size_t most,
                    std::string_view cure = "copy or save the file again: it is damaged") const {
    const std::size_t parts = description_.layers.size();
    if (parts < 1 || parts > most) fail(detail::joined("expected 1 to ", most, " parts, got ", parts), cure);
  }
  [[noreturn]] void fail(const std::string& problem,
                         std::string_view cure = "copy or save the file again: it is damaged") const {
    throw FormatError(
        detail::joined(description_.type.empty() ? "layer" : description_.type.c_str(), " \"", path_, '"'),
        problem, cure);
  }

 private:
  const Dimensions& of_rank(std::size_t rank, std::string_view tensor) const {
    const Dimensions& sizes = dimensions(tensor);
    if (sizes.rank() == rank) return sizes;
    fail(detail::joined("expected a ", rank == 1 ? "vector" : "matrix", " \"", tensor, "\", got ",
                        sizes.rank(), " dimensions"));
  }
  std::string inside(std::string_view name) const {
    return path_.empty() ? std::string{name} : detail::joined(path_, '.', name);
  }

  const LayerDescription& description_;
  const TensorDimensions& tensors_;
  std::string path_;
};

}  // namespace descent
