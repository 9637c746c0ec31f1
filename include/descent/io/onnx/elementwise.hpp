#pragma once

#include <algorithm>
#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/layers.hpp"
#include "descent/tree/parameter.hpp"
#include "descent/tree/traverse.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The patterns of elementwise layers and of arithmetic with constants: each function adds the layer of one pattern.
template <std::floating_point T>
struct OnnxElementwise {
  using In = OnnxImport<T>&;

  /// Sets the state of a layer, in the order of its `visit_state`.
  template <class L, class... V>
  static L with_state(L layer, const V&... values) {
    using Values = Vector<typename L::Scalar>;
    std::vector<Values> all{values.template cast<typename L::Scalar>()...};
    std::size_t next = 0;
    visit_state<L>([&](const Parameter&, auto& leaf) { leaf = all.at(next++); }, layer);
    return layer;
  }

  /// Adds y = (x - mean) / deviation as a Standardize, which training does not change. A single number is broadcast
  /// to all channels.
  static void affine(In in, Vector<double> mean, Vector<double> deviation) {
    // Neither a factor nor its reciprocal may overflow or underflow in T.
    constexpr double least = static_cast<double>(std::numeric_limits<T>::min()), most = 1 / least;
    for (const double factor : deviation)
      if (!(std::abs(factor) >= least && std::abs(factor) <= most))
        in.fail(joined("expected to multiply or divide by numbers other than 0 whose reciprocals are "
                       "finite, got 1 / ",
                       factor),
                "export without folding batch normalization into it, or scale the inputs less");
    for (const double shift : mean)
      if (!(std::abs(shift) <= static_cast<double>(std::numeric_limits<T>::max())))
        in.fail("expected to add finite numbers, got larger ones", "scale the inputs less");
    const Index size = std::max({mean.size(), deviation.size(), in.samples().shape.channels});
    mean = in.expanded(mean, size);
    deviation = in.expanded(deviation, size);
    in.add(with_state(Standardize<T>{Vector<T>::Zero(size).eval()}, mean, deviation));
  }
  static Vector<double> number(double value) { return Vector<double>::Constant(1, value); }

  static void sub_div(In in) {
    const auto [a, b] = in.broadcast({"a", "b"});
    affine(in, a, b);
  }
  static void sub_div_add(In in) {
    if (!in.is_scalar("c")) {
      const auto [a, b, c] = in.broadcast({"a", "b", "c"});
      return affine(in, a - c.cwiseProduct(b), b);
    }
    const double low = in.scalar("c");
    const auto [a, b] = in.broadcast({"a", "b"});
    const Index size = std::max(a.size(), in.samples().shape.channels);
    in.add(with_state(MinMax<T>{Vector<T>::Zero(size).eval(), {.low = low, .high = low + 1}},
                      in.expanded(a, size), in.expanded(b, size)));
  }
  static void mul_add(In in) {
    const auto [a, b] = in.broadcast({"a", "b"});
    affine(in, -b.cwiseQuotient(a), a.cwiseInverse());
  }
  static void mul(In in) { affine(in, number(0), in.broadcast({"a"})[0].cwiseInverse()); }
  static void div(In in) { affine(in, number(0), in.broadcast({"a"})[0]); }
  static void add(In in) { affine(in, -in.broadcast({"a"})[0], number(1)); }
  static void sub(In in) { affine(in, in.broadcast({"a"})[0], number(1)); }
  static void sub_from(In in) { affine(in, in.broadcast({"a"})[0], number(-1)); }
  static void scale(In in, double factor) { affine(in, number(0), number(1 / factor)); }

  template <class L>
  static void plain(In in) {
    in.add(L{});
  }
  static void leaky_relu(In in) { in.add(LeakyReLU<T>{{.slope = in.real("LeakyRelu", "alpha", 0.01)}}); }
  static void prelu(In in) {
    const Vector<double> slope = in.broadcast({"slope"})[0];
    PReLU<T> layer{slope.size()};
    layer.slope = slope.cast<T>();
    in.add(std::move(layer));
  }
  static void elu(In in) { in.add(ELU<T>{{.alpha = in.real("Elu", "alpha", 1)}}); }
  static void selu(In in) {
    const double alpha = in.real("Selu", "alpha", SELU<T>::alpha);
    const double gamma = in.real("Selu", "gamma", SELU<T>::scale);
    if (std::abs(alpha - SELU<T>::alpha) <= 1e-5 && std::abs(gamma - SELU<T>::scale) <= 1e-5)
      return in.add(SELU<T>{}), void();
    in.add(ELU<T>{{.alpha = alpha}});
    scale(in, gamma);
  }
  template <GELUForm form>
  static void decomposed_gelu(In in) {
    in.add(GELU<T>{form});
  }
  static void gelu(In in) {
    const std::string form = in.text("Gelu", "approximate", "none");
    if (form != "none" && form != "tanh")
      in.fail(joined("expected approximate = none or tanh, got ", form),
              "export the model again; the file is damaged");
    in.add(GELU<T>{form == "none" ? GELUForm::exact : GELUForm::tanh});
  }
  static void hard_sigmoid(In in) {
    const double slope = in.real("HardSigmoid", "alpha", 0.2), beta = in.real("HardSigmoid", "beta", 0.5);
    // The layer has beta = 0.5; for another beta the input is shifted first.
    if (beta != 0.5) affine(in, number((0.5 - beta) / slope), number(1));
    in.add(HardSigmoid<T>{{.slope = slope}});
  }
  static void hard_swish(In in) {
    if (std::abs(in.real("HardSigmoid", "alpha", 0.2) - 1.0 / 6) > 1e-6 ||
        in.real("HardSigmoid", "beta", 0.5) != 0.5)
      in.fail("expected alpha = 1/6 and beta = 0.5, got others", "export it as torch.nn.Hardswish");
    in.add(HardSwish<T>{});
  }
  /// A limit of Clip: an input since opset 11, an attribute before. Returns `none` if it is absent or the largest
  /// float.
  static double limit(In in, std::string_view name, double none) {
    const double value = in.has(name) ? in.scalar(name) : in.real("Clip", name, none);
    return std::abs(value) >= static_cast<double>(std::numeric_limits<float>::max()) ? none : value;
  }
  static void clip(In in) {
    constexpr double infinity = std::numeric_limits<double>::max();  // works under -ffast-math
    if (in.opset() < 11 && (in.has("min") || in.has("max")))
      in.fail("expected limits as attributes, as before opset 11, got inputs",
              "set opset_import to the opset of the nodes");
    const double low = limit(in, "min", -infinity), high = limit(in, "max", infinity);
    if (low == -infinity && high == infinity) return;
    if (low == 0 && high == infinity) return in.add(ReLU<T>{}), void();
    if (high <= 0 || high == infinity || (low != 0 && low != -high))
      in.fail(joined("expected to clip to [0, a] or [-a, a], got [", low, ", ", high, ']'),
              "pass a pattern that reads this Clip, in front of onnx_patterns()");
    const double side = low == 0 ? 6 : 1;
    if (high != side) scale(in, side / high);
    if (low == 0)
      in.add(ReLU6<T>{});
    else
      in.add(HardTanh<T>{});
    if (high != side) scale(in, high / side);
  }
};

}  // namespace descent::detail
