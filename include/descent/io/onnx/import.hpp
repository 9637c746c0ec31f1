#pragma once

#include <algorithm>
#include <array>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/numbers.hpp"
#include "descent/io/onnx/samples.hpp"
#include "descent/layers/flatten.hpp"
#include "descent/layers/reshape.hpp"
#include "descent/models/network.hpp"

namespace descent {

namespace detail {

/// Lets the samples that a network puts out have a shape; it moves no number.
template <std::floating_point T>
void view_as(Network<T>& net, OnnxSamples& samples, const Shape& shape) {
  if (samples.shape == shape) return;
  if (shape.positions() == 1)
    net.add(Flatten<T>{});
  else
    net.add(Reshape<T>{shape});
  samples.shape = shape;
}

}  // namespace detail

/// Nodes that a pattern matched, on their way to layers: the constants and the attributes in them, and the network that
/// they are added to.
///
///   in.tensor("kernel")            the constant that the pattern calls so
///   in.real("Elu", "alpha", 1)     an attribute of the node of an operator, or what it is by default
///   in.shape()                     the shape of the samples that come in
///   in.add(ELU{{.alpha = 2}})      appends a layer
template <std::floating_point T = float>
class OnnxImport : public detail::OnnxNumbers {
 public:
  OnnxImport(const detail::OnnxMatch& match, detail::OnnxBudget& budget, std::int64_t opset, Network<T>& net,
             detail::OnnxSamples& samples)
      : OnnxNumbers{match, budget, opset}, net_{net}, samples_{samples} {}

  /// The samples that come in, for a layer that takes images or sequences as ONNX has them, with their channels in axis 1.
  const Shape& shape() {
    const std::optional<Shape> usual = samples_.usual_shape();
    if (!usual || (samples_.axes.size() > 1 && !samples_.is_channels(0))) fail_order();
    detail::view_as(net_, samples_, *usual);
    return samples_.shape;
  }

  /// Appends a layer. One that changes the shape puts out as many axes as it takes.
  template <class L>
  void add(L layer) {
    const Shape out = layer.output_shape(samples_.shape);
    net_.add(std::move(layer));
    if (out != samples_.shape) samples_.become(out, samples_.axes.size());
  }

  detail::OnnxSamples& samples() { return samples_; }

  /// Lets a layer work on each value: of all features together.
  void work_on_all() { detail::view_as(net_, samples_, {samples_.size()}); }
  /// Lets the next layer work on an axis of the samples: on their features, or on the channels of each position.
  void work_on(std::size_t axis) {
    if (samples_.is_plain()) return work_on_all();
    if (!samples_.is_channels(axis)) fail_order();
    const Index channels = samples_.size(axis);
    if (samples_.shape.channels == channels) return;
    Shape shape{channels, 1, samples_.size() / channels};
    if (samples_.axes.size() == 3) {
      shape.height = samples_.size(axis == 0 ? 1 : 0);
      shape.width /= shape.height;
    }
    detail::view_as(net_, samples_, shape);
  }
  /// The axis of the samples that the attribute "axis" of an operator names; throws for that of the batch.
  std::size_t axis(std::string_view op, std::int64_t otherwise) const {
    const std::int64_t given = integer(op, "axis", otherwise);
    const auto rank = static_cast<std::int64_t>(samples_.axes.size()) + 1;
    const std::int64_t axis = given < 0 ? given + rank : given;
    if (axis < 1 || axis >= rank) fail_axis(given);
    return static_cast<std::size_t>(axis - 1);
  }
  [[noreturn]] void fail_axis(std::int64_t axis) const {
    fail(detail::joined("expected axis = 1, got ", axis),
         samples_.axes.size() < 2 ? "samples are rows, and their features columns"
                                  : "layers here work on channels; move them to that axis with a Transpose");
  }
  [[noreturn]] void fail_order() const {
    fail("expected channels in axis 1, got values in another order",
         "layers here take [batch, channels, height, width]; move the channels with a Transpose, or flatten "
         "the samples into a fully connected layer");
  }

  /// A number for each feature of an axis that the layer works on, in our order.
  Vector<double> along(std::size_t axis, std::string_view name) const {
    const Vector<double> numbers = vector(name, samples_.size(axis));
    if (samples_.is_channels(axis)) return numbers;
    Vector<double> ours(numbers.size());
    const std::vector<Index> places = places_of_all();
    for (Index i = 0; i < ours.size(); ++i) ours(places[static_cast<std::size_t>(i)]) = numbers(i);
    return ours;
  }
  /// The columns of a matrix, in our order of the features that it takes.
  Matrix<double> in_our_order(const Matrix<double>& weight) const {
    if (samples_.is_channels(0)) return weight;
    Matrix<double> ours(weight.rows(), weight.cols());
    const std::vector<Index> places = places_of_all();
    for (Index i = 0; i < ours.cols(); ++i) ours.col(places[static_cast<std::size_t>(i)]) = weight.col(i);
    return ours;
  }

  /// The constants that ONNX broadcasts to the samples: each with a number for each value, or each for each channel, or
  /// all with one number.
  template <std::size_t count>
  std::array<Vector<double>, count> broadcast(const char* const (&names)[count]) {
    std::array<Vector<double>, count> all;
    Index most = 1;
    for (std::size_t i = 0; i < count; ++i) {
      all[i] = broadcast(names[i]);
      most = std::max(most, all[i].size());
    }
    for (Vector<double>& each : all) each = expanded(each, most);
    return all;
  }

 private:
  std::vector<Index> places_of_all() const {
    budget_.spend(samples_.size());
    return samples_.places();
  }

  Vector<double> broadcast(std::string_view name) {
    const OnnxTensor& t = tensor(name);
    const std::size_t rank = samples_.axes.size();
    // Its dimensions are those of the last axes; further ones to the left, up to that of the batch, are 1.
    std::vector<std::int64_t> dims(rank, 1);
    std::vector<std::size_t> varying;
    bool fits = t.dims.size() <= rank + 1 && !t.values.empty();
    for (std::size_t k = 0; k < t.dims.size() && fits; ++k) {
      const std::int64_t size = t.dims[t.dims.size() - 1 - k];
      fits = size == 1 || (k < rank && size == samples_.size(rank - 1 - k));
      if (size == 1 || !fits) continue;
      dims[rank - 1 - k] = size;
      varying.push_back(rank - 1 - k);
    }
    if (!fits) fail_to_broadcast(name, samples_.size());

    const bool is_of_channels = varying.size() == 1 && samples_.is_channels(varying[0]);
    if (is_of_channels) work_on(varying[0]);
    if (varying.empty() || is_of_channels)
      return Eigen::Map<const Vector<double>>{t.values.data(), static_cast<Index>(t.values.size())};

    const std::vector<Index> places = places_of_all();
    Vector<double> all(samples_.size());
    for (std::size_t i = 0; i < places.size(); ++i) {
      std::size_t at = 0, step = 1, rest = i;  // of the constant's number for the value i
      for (std::size_t axis = rank; axis-- > 0;) {
        const auto size = static_cast<std::size_t>(samples_.size(axis));
        if (dims[axis] > 1) at += rest % size * step, step *= size;
        rest /= size;
      }
      all(places[i]) = t.values[at];
    }
    return all;
  }

  Network<T>& net_;
  detail::OnnxSamples& samples_;
};

/// A pattern of nodes, and what is added to a network for it:
///
///   {"Mul(x, Sigmoid(x))", [](OnnxImport<>& in) { in.add(SiLU{}); }}
///
/// Operators begin with a capital, `x` is what the layer takes, other names are constants, one that ends in `?` may be left
/// out, and numbers are constants of that value.
template <std::floating_point T = float>
struct OnnxImporter {
  std::string pattern;
  std::function<void(OnnxImport<T>&)> add;
  bool checks_attributes = false;  ///< true to refuse attributes that the library does not know
};

/// The patterns that are read, the first that matches first. `onnx_patterns()` has ours.
template <std::floating_point T = float>
using OnnxImporters = std::vector<OnnxImporter<T>>;

}  // namespace descent
