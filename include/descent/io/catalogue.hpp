#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <functional>
#include <limits>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "descent/core/describe.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/models/any_layer.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/network.hpp"
#include "descent/models/residual.hpp"

namespace descent {

/// Rows and columns of the tensors in a file, by path.
struct TensorSize {
  Index rows, cols;
};
using TensorSizes = std::map<std::string, TensorSize>;

/// How many values an enumeration among the options of a layer has, counted from 0. Specialise it for one of more.
template <class E>
constexpr int enumeration_size = 2;

/// What a file says of one layer, for a function that makes it.
class LayerRecord {
 public:
  LayerRecord(const LayerDescription& description, const TensorSizes& sizes, std::string path)
      : description_{description}, sizes_{sizes}, path_{std::move(path)} {}

  /// The option that the layer's `visit_options` calls so.
  double option(std::string_view name) const {
    for (const auto& [option, value] : description_.options)
      if (option == name) return value;
    fail(concat("expected the option \"", name, "\", got none"));
  }
  /// The size of the layer's parameter or buffer of this name; the rows are the length of a vector.
  Index rows(std::string_view tensor) const { return size(tensor).rows; }
  Index cols(std::string_view tensor) const { return size(tensor).cols; }
  /// The rows of what must be a vector.
  Index length(std::string_view tensor) const {
    const auto [rows, cols] = size(tensor);
    if (cols != 1)
      fail(concat("expected a vector \"", tensor, "\", got ", rows, " rows and ", cols, " columns"));
    return rows;
  }
  bool has(std::string_view tensor) const { return sizes_.contains(inside(tensor)); }

  const LayerDescription& description() const { return description_; }
  const std::string& path() const { return path_; }

  /// The part of a composition at this position.
  LayerRecord part(std::size_t position) const {
    const auto& [name, layer] = description_.layers[position];
    return {layer, sizes_, inside(name)};
  }
  [[noreturn]] void fail(const std::string& problem, std::string_view cure = "the file is damaged") const {
    throw FormatError(
        concat(description_.type.empty() ? "layer" : description_.type.c_str(), " \"", path_, '"'), problem,
        cure);
  }

 private:
  const TensorSize& size(std::string_view tensor) const {
    const auto found = sizes_.find(inside(tensor));
    if (found == sizes_.end()) fail(concat("expected a tensor \"", tensor, "\", got none"));
    return found->second;
  }
  std::string inside(std::string_view name) const {
    return path_.empty() ? std::string{name} : concat(path_, '.', name);
  }

  const LayerDescription& description_;
  const TensorSizes& sizes_;
  std::string path_;
};

namespace detail {

/// Sets the options of a layer to those in the file; throws unless they are the same by name and in range.
template <class L>
void set_options(L& layer, const LayerRecord& record) {
  std::size_t count = 0;
  const auto set = [&]<class V>(std::string_view name, V& value) {
    const double stored = record.option(name);
    const auto expect = [&](bool holds, std::string_view what) {
      if (!holds) record.fail(concat("expected the option \"", name, "\" to be ", what, ", got ", stored));
    };
    if constexpr (std::is_enum_v<V> || std::same_as<V, bool>) {
      const int values = std::same_as<V, bool> ? 2 : enumeration_size<V>;
      expect(stored >= 0 && stored < values && stored == std::floor(stored),
             concat("a whole number below ", values));
    } else {
      expect(std::abs(stored) <= static_cast<double>(std::numeric_limits<V>::max()), "finite");
      if constexpr (std::integral<V>)
        expect(stored == std::floor(stored) && stored >= static_cast<double>(std::numeric_limits<V>::min()) &&
                   std::abs(stored) <= 0x1p53,
               "a whole number in range");
    }
    value = static_cast<V>(stored);
    ++count;
  };
  if constexpr (requires { L::visit_options(set, layer); }) L::visit_options(set, layer);
  if (count != record.description().options.size())
    record.fail(concat("expected ", count, " options, got ", record.description().options.size()),
                "the file is of another version of the layer");
}

template <class T, std::size_t... I>
AnyLayer<T> concat_of(std::vector<AnyLayer<T>>& branches, std::index_sequence<I...>) {
  return Concat<std::conditional_t<true, AnyLayer<T>, std::integral_constant<std::size_t, I>>...>{
      std::move(branches[I])...};
}
template <class T, std::size_t most>
AnyLayer<T> concat_of(std::vector<AnyLayer<T>>& branches) {
  if constexpr (most > 1)
    if (branches.size() < most) return concat_of<T, most - 1>(branches);
  return concat_of<T>(branches, std::make_index_sequence<most>{});
}

}  // namespace detail

/// The types of layers that a program can make from a file: to each name a function that makes the layer, whose
/// values the file then fills. `standard_catalogue` has all layers of this library.
///
///   Catalogue<> catalogue = standard_catalogue();
///   catalogue.add<Scale<>>([](const LayerRecord& layer) { return Scale<>{layer.length("factor")}; });
///   catalogue.add<Swish<>>();  // can be made without arguments
///
/// The function sees the options and the sizes of the layer's tensors. What the layer names in `visit_options` is
/// then set to what the file says.
template <std::floating_point T = float>
class Catalogue {
 public:
  static constexpr std::size_t most_branches = 8;  ///< of a Concat; each number of them is a type of its own
  static constexpr int most_levels = 32;           ///< of layers within layers

  /// Adds a type of layer, or replaces the one of the same name.
  template <LayerOf<T> L>
  Catalogue& add(std::function<L(const LayerRecord&)> make) {
    makers_[std::string{L::name}] = [make = std::move(make)](const LayerRecord& record) -> AnyLayer<T> {
      L layer = make(record);
      detail::set_options(layer, record);
      return layer;
    };
    return *this;
  }
  template <LayerOf<T> L>
    requires std::default_initializable<L>
  Catalogue& add() {
    return add<L>([](const LayerRecord&) { return L{}; });
  }

  /// Whether a file may hold layers of this type.
  bool knows(const std::string& type) const { return is_composition(type) || makers_.contains(type); }

  /// Makes a network as described, with tensors of these sizes and any values, that takes batches of the shape of
  /// `input`. What the layers give for such a batch may be about four times as many numbers as there are in the
  /// tensors, and a million in any case.
  ///
  /// Throws   FormatError, which names the layer, when its type is unknown, or when it cannot be made or does not fit;
  ///          and for a tensor without values that has a size above 1.
  Network<T> make(const LayerDescription& description, const TensorSizes& sizes,
                  const TensorSize& input) const {
    const LayerRecord record{description, sizes, ""};
    if (description.type != "Sequential" && description.type != "Network")
      record.fail("expected a Sequential or a Network, got another type");
    double values = 0;
    for (const auto& [name, size] : sizes) {
      // No bytes of the file stand behind the other size of such a tensor, however large it is.
      if ((size.rows == 0 && size.cols > 1) || (size.cols == 0 && size.rows > 1))
        record.fail(concat("expected values in the tensor \"", name, "\", got ", size.rows, " rows and ",
                           size.cols, " columns"));
      values += static_cast<double>(size.rows) * static_cast<double>(size.cols);
    }
    Budget budget{(0x1p20 + 4 * values) / static_cast<double>(input.cols), most_levels};
    Shape shape{input.rows};
    return chain(record, shape, budget);
  }

 private:
  /// What stands between a hostile file and all memory: small files can describe large outputs, such as those of a
  /// Concat of copies of its input, again and again.
  struct Budget {
    double features;  // that the layers may still give for each sample, all together
    int levels;       // of layers that may still be within one another
    void pay(const LayerRecord& record, const Shape& shape) {
      features -= static_cast<double>(shape.size());
      if (features < 0)
        record.fail("expected outputs in proportion to the tensors, got far more",
                    "save it with fewer golden inputs; or the file is damaged");
    }
  };

  static bool is_composition(const std::string& type) {
    return type == "Sequential" || type == "Network" || type == "Residual" || type == "Concat";
  }

  /// Makes what the record describes for samples of this shape, which becomes that of the outputs.
  AnyLayer<T> make(const LayerRecord& record, Shape& shape, Budget& budget) const {
    const std::string& type = record.description().type;
    if (type == "Sequential" || type == "Network") return chain(record, shape, budget);
    const Shape in = shape;
    try {
      AnyLayer<T> layer = is_composition(type) ? branches(record, in, budget) : single(record);
      shape = layer.output_shape(in);
      budget.pay(record, shape);
      return layer;
    } catch (const FormatError&) {
      throw;
    } catch (const Error& error) {
      record.fail(concat("expected a layer that can be made, got: ", error.what()));
    }
  }

  AnyLayer<T> single(const LayerRecord& record) const {
    const auto maker = makers_.find(record.description().type);
    if (maker == makers_.end())
      record.fail("expected a type that the catalogue knows, got another",
                  "add it: catalogue.add<...>(...), and hand in the catalogue");
    return maker->second(record);
  }

  Network<T> chain(const LayerRecord& record, Shape& shape, Budget& budget) const {
    std::vector<AnyLayer<T>> layers;
    each_part(record, budget, [&](const LayerRecord& part) { layers.push_back(make(part, shape, budget)); });
    return Network<T>{std::move(layers)};
  }

  AnyLayer<T> branches(const LayerRecord& record, const Shape& in, Budget& budget) const {
    std::vector<AnyLayer<T>> parts;
    each_part(record, budget, [&](const LayerRecord& part) {
      Shape shape = in;
      parts.push_back(make(part, shape, budget));
    });
    if (record.description().type == "Concat") return detail::concat_of<T, most_branches>(parts);
    return Residual<AnyLayer<T>>{std::move(parts[0])};
  }

  /// Calls f(part) for the parts of a composition, whose number and names must be right.
  static void each_part(const LayerRecord& record, Budget& budget, auto&& f) {
    const auto& [type, options, parts] = record.description();
    if (budget.levels == 0)
      record.fail(concat("expected at most ", most_levels, " layers within one another, got more"));
    if (!options.empty()) record.fail("expected no options, got some");
    const std::size_t most = type == "Residual" ? 1 : type == "Concat" ? most_branches : parts.size();
    if (parts.empty() || parts.size() > most)
      record.fail(concat("expected 1 to ", std::max<std::size_t>(most, 1), " parts, got ", parts.size()),
                  type == "Concat" ? "put one Concat into another" : "the file is damaged");
    --budget.levels;
    for (std::size_t i = 0; i < parts.size(); ++i) {
      const std::string name = type == "Residual" ? "body" : std::to_string(i);
      if (parts[i].name != name)
        record.fail(
            concat("expected its part ", i, " to be called \"", name, "\", got \"", parts[i].name, '"'));
      f(record.part(i));
    }
    ++budget.levels;
  }

  std::map<std::string, std::function<AnyLayer<T>(const LayerRecord&)>> makers_;
};

}  // namespace descent
