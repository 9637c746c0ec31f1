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
#include "descent/models/dynamic_sequential.hpp"

namespace descent::inline DESCENT_ABI {

namespace detail {

/// Appends a Flatten or a Reshape that gives the output of a network a shape, if it has another. No number is moved.
template <std::floating_point T>
void view_as(DynamicSequential<T>& net, OnnxSamples& samples, const Shape& shape) {
  if (samples.shape == shape) return;
  if (shape.positions() == 1)
    net.add(Flatten<T>{});
  else
    net.add(Reshape<T>{shape});
  samples.shape = shape;
}

}  // namespace detail

/// The nodes that a pattern matched, with their constants and attributes, and the network to which their layer is
/// added.
///
///   in.tensor("kernel")            the constant with this name in the pattern
///   in.real("Elu", "alpha", 1)     an attribute of the node with this operator, and its default
///   in.shape()                     the shape of the input samples
///   in.add(ELU{{.alpha = 2}})      appends a layer
template <std::floating_point T = float>
class OnnxImport : public detail::OnnxNumbers {
 public:
  OnnxImport(const detail::OnnxMatch& match, detail::OnnxBudget& budget, std::int64_t opset,
             DynamicSequential<T>& net, detail::OnnxSamples& samples)
      : OnnxNumbers{match, budget, opset}, net_{net}, samples_{samples} {}

  /// The shape of the input samples, for a layer whose operator takes the channels in axis 1.
  ///
  /// Throws   FormatError when the values are in another order.
  const Shape& shape() {
    const std::optional<Shape> standard = samples_.standard_shape();
    if (!standard || (samples_.axes.size() > 1 && !samples_.is_channel_axis(0))) fail_order();
    detail::view_as(net_, samples_, *standard);
    return samples_.shape;
  }

  /// Appends a layer. Its output has as many axes as its input, also if it changes the shape.
  template <class L>
  void add(L layer) {
    const Shape out = layer.output_shape(samples_.shape);
    net_.add(std::move(layer));
    if (out != samples_.shape) samples_.set_shape(out, samples_.axes.size());
  }

  detail::OnnxSamples& samples() { return samples_; }

  /// Gives the samples a shape of the same size, for the next layer.
  void view(const Shape& shape) { detail::view_as(net_, samples_, shape); }
  /// The layer before this one if it is an `L`, else nullptr.
  template <class L>
  L* last_layer() {
    return net_.size() == 0 ? nullptr : net_[net_.size() - 1].template get_if<L>();
  }

  /// Prepares the samples for a layer that works on all values of a sample as features.
  void work_on_all() { detail::view_as(net_, samples_, {samples_.size()}); }
  /// Prepares the samples for a layer that works on an axis: the features, or the channels at each position.
  ///
  /// Throws   FormatError when the axis does not hold the channels.
  void work_on(std::size_t axis) {
    if (samples_.is_plain()) return work_on_all();
    if (!samples_.is_channel_axis(axis)) fail_order();
    const Index channels = samples_.size(axis);
    if (samples_.shape.channels == channels) return;
    Shape shape{channels, 1, samples_.size() / channels};
    if (samples_.axes.size() == 3) {
      shape.height = samples_.size(axis == 0 ? 1 : 0);
      shape.width /= shape.height;
    }
    detail::view_as(net_, samples_, shape);
  }
  /// The axis of a sample that the attribute "axis" of an operator names; throws FormatError if it is the batch axis.
  std::size_t axis(std::string_view op, std::int64_t otherwise) const {
    const std::int64_t given = integer(op, "axis", otherwise);
    const auto rank = static_cast<std::int64_t>(samples_.axes.size()) + 1;
    const auto batch = static_cast<std::int64_t>(samples_.batch);
    const std::int64_t axis = given < 0 ? given + rank : given;
    if (axis < 0 || axis == batch || axis >= rank) fail_axis(given);
    return static_cast<std::size_t>(axis - (axis > batch ? 1 : 0));
  }
  [[noreturn]] void fail_axis(std::int64_t axis) const {
    fail(detail::joined("expected axis = 1, got ", axis),
         samples_.axes.size() < 2 ? "keep the samples in rows, their features in columns"
                                  : "move the channels to that axis with a Transpose");
  }
  [[noreturn]] void fail_order() const {
    fail("expected channels in axis 1, got values in another order",
         "move the channels of [batch, channels, height, width] with a Transpose, or flatten the samples "
         "into a "
         "fully connected layer");
  }

  /// A constant with a number for each feature of the axis that the layer works on, in descent's order.
  Vector<double> along(std::size_t axis, std::string_view name) const {
    const Vector<double> numbers = vector(name, samples_.size(axis));
    if (samples_.is_channel_axis(axis)) return numbers;
    Vector<double> ours(numbers.size());
    const std::vector<Index> offsets = all_offsets();
    for (Index i = 0; i < ours.size(); ++i) ours(offsets[static_cast<std::size_t>(i)]) = numbers(i);
    return ours;
  }
  /// A weight [out, in] with its columns in descent's order of the input features.
  Matrix<double> in_our_order(const Matrix<double>& weight) const {
    if (samples_.is_channel_axis(0)) return weight;
    Matrix<double> ours(weight.rows(), weight.cols());
    const std::vector<Index> offsets = all_offsets();
    for (Index i = 0; i < ours.cols(); ++i) ours.col(offsets[static_cast<std::size_t>(i)]) = weight.col(i);
    return ours;
  }

  /// Constants that ONNX broadcasts to the samples, expanded to one size: a number for each value, or for each
  /// channel, or a single number.
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
  std::vector<Index> all_offsets() const {
    budget_.spend(samples_.size());
    return samples_.offsets();
  }

  Vector<double> broadcast(std::string_view name) {
    const OnnxTensor& t = tensor(name);
    const std::size_t rank = samples_.axes.size();
    // ONNX aligns the dimensions to the right: missing ones on the left, up to the batch, are 1.
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

    const bool is_per_channel = varying.size() == 1 && samples_.is_channel_axis(varying[0]);
    if (is_per_channel) work_on(varying[0]);
    if (varying.empty() || is_per_channel)
      return Eigen::Map<const Vector<double>>{t.values.data(), static_cast<Index>(t.values.size())};

    const std::vector<Index> offsets = all_offsets();
    Vector<double> all(samples_.size());
    for (std::size_t i = 0; i < offsets.size(); ++i) {
      std::size_t at = 0, step = 1, rest = i;  // `at` is the index in the constant for the value i
      for (std::size_t axis = rank; axis-- > 0;) {
        const auto size = static_cast<std::size_t>(samples_.size(axis));
        if (dims[axis] > 1) at += rest % size * step, step *= size;
        rest /= size;
      }
      all(offsets[i]) = t.values[at];
    }
    return all;
  }

  DynamicSequential<T>& net_;
  detail::OnnxSamples& samples_;
};

/// A pattern of nodes, and the function that adds its layer to a network:
///
///   {"Mul(x, Sigmoid(x))", [](OnnxImport<>& in) { in.add(SiLU{}); }}
///
///   Mul, Sigmoid   an operator begins with a capital
///   x              the input of the layer; the same value wherever it occurs
///   weight         a constant
///   bias?          an optional constant
///   0.5            a constant of this value
///   _, _shape      any value, which is not read; with a name, the same value wherever it occurs
template <std::floating_point T = float>
struct OnnxImporter {
  std::string pattern;
  std::function<void(OnnxImport<T>&)> add;
  bool checks_attributes = false;  ///< true: refuse attributes that are not known
};

/// The patterns that are read; the first that matches is taken. `onnx_patterns()` has the layers of the library.
template <std::floating_point T = float>
using OnnxImporters = std::vector<OnnxImporter<T>>;

}  // namespace descent
