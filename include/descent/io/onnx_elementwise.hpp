#pragma once

#include <cmath>
#include <concepts>
#include <cstddef>
#include <limits>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/core/types.hpp"
#include "descent/core/visit.hpp"
#include "descent/data/min_max.hpp"
#include "descent/data/standardize.hpp"
#include "descent/io/onnx_numbers.hpp"
#include "descent/layers.hpp"
#include "descent/models/network.hpp"

namespace descent::detail {

/// Makes the layers that work on each value alone, whatever the sizes of a sample. Each function adds to a network the
/// meaning of one form.
template <std::floating_point T>
struct OnnxElementwise {
  using Net = Network<T>;
  using From = const OnnxNumbers&;

  /// Sets the buffers of a layer, in the order in which it names them.
  template <class L, class... V>
  static L with_buffers(L layer, const V&... values) {
    using Values = Vector<typename L::Scalar>;
    std::vector<Values> all{values.template cast<typename L::Scalar>()...};
    std::size_t next = 0;
    visit_state<L>([&](const Parameter&, auto& leaf) { leaf = all.at(next++); }, layer);
    return layer;
  }

  /// y = (x - mean) / deviation, which training leaves as it is.
  static void affine(Net& net, From from, const Vector<double>& mean, const Vector<double>& deviation) {
    // Both they and their reciprocals must be numbers of T that are not rounded away.
    constexpr double least = static_cast<double>(std::numeric_limits<T>::min()), most = 1 / least;
    for (const double factor : deviation)
      if (!(std::abs(factor) >= least && std::abs(factor) <= most))
        from.fail(concat("expected to multiply or divide by numbers other than 0 whose reciprocals are "
                         "finite, got 1 / ",
                         factor),
                  "export without folding batch normalization into it, or scale the inputs less");
    for (const double shift : mean)
      if (!(std::abs(shift) <= static_cast<double>(std::numeric_limits<T>::max())))
        from.fail("expected to add finite numbers, got larger ones", "scale the inputs less");
    net.add(with_buffers(Standardize<T>{Vector<T>::Zero(mean.size()).eval()}, mean, deviation));
  }
  static void sub_div(Net& net, From from) { affine(net, from, from.vector("a"), from.vector("b")); }
  static void sub_div_add(Net& net, From from) {
    const Vector<double> a = from.vector("a"), b = from.vector("b");
    if (!from.is_scalar("c")) return affine(net, from, a - from.vector("c").cwiseProduct(b), b);
    const double low = from.scalar("c");
    net.add(with_buffers(MinMax<T>{Vector<T>::Zero(a.size()).eval(), {.low = low, .high = low + 1}}, a, b));
  }
  static void mul_add(Net& net, From from) {
    const Vector<double> a = from.vector("a");
    affine(net, from, -from.vector("b").cwiseQuotient(a), a.cwiseInverse());
  }
  static void mul(Net& net, From from) {
    affine(net, from, from.constant(0), from.vector("a").cwiseInverse());
  }
  static void div(Net& net, From from) { affine(net, from, from.constant(0), from.vector("a")); }
  static void add(Net& net, From from) { affine(net, from, -from.vector("a"), from.constant(1)); }
  static void sub(Net& net, From from) { affine(net, from, from.vector("a"), from.constant(1)); }
  static void sub_from(Net& net, From from) { affine(net, from, from.vector("a"), from.constant(-1)); }
  static void scale(Net& net, From from, double factor) {
    affine(net, from, from.constant(0), from.constant(1 / factor));
  }

  template <class L>
  static void plain(Net& net, From) {
    net.add(L{});
  }
  static void leaky_relu(Net& net, From from) {
    net.add(LeakyReLU<T>{{.slope = from.real("LeakyRelu", "alpha", 0.01)}});
  }
  static void prelu(Net& net, From from) {
    const Vector<double> slope =
        from.is_scalar("slope") ? Vector<double>::Constant(1, from.scalar("slope")) : from.vector("slope");
    PReLU<T> layer{slope.size()};
    layer.slope = slope.cast<T>();
    net.add(std::move(layer));
  }
  static void elu(Net& net, From from) { net.add(ELU<T>{{.alpha = from.real("Elu", "alpha", 1)}}); }
  static void selu(Net& net, From from) {
    const double alpha = from.real("Selu", "alpha", SELU<T>::alpha);
    const double gamma = from.real("Selu", "gamma", SELU<T>::scale);
    if (std::abs(alpha - SELU<T>::alpha) <= 1e-5 && std::abs(gamma - SELU<T>::scale) <= 1e-5)
      return net.add(SELU<T>{}), void();
    net.add(ELU<T>{{.alpha = alpha}});
    scale(net, from, gamma);
  }
  template <GELUForm form>
  static void built_gelu(Net& net, From) {
    net.add(GELU<T>{form});
  }
  static void gelu(Net& net, From from) {
    const std::string form = from.text("Gelu", "approximate", "none");
    if (form != "none" && form != "tanh")
      from.fail(concat("expected approximate = none or tanh, got ", form), "the file is damaged");
    net.add(GELU<T>{form == "none" ? GELUForm::exact : GELUForm::tanh});
  }
  static void hard_sigmoid(Net& net, From from) {
    const double slope = from.real("HardSigmoid", "alpha", 0.2), beta = from.real("HardSigmoid", "beta", 0.5);
    // Where beta is another than in the layer, the input is shifted first.
    if (beta != 0.5) affine(net, from, from.constant((0.5 - beta) / slope), from.constant(1));
    net.add(HardSigmoid<T>{{.slope = slope}});
  }
  static void hard_swish(Net& net, From from) {
    if (std::abs(from.real("HardSigmoid", "alpha", 0.2) - 1.0 / 6) > 1e-6 ||
        from.real("HardSigmoid", "beta", 0.5) != 0.5)
      from.fail("expected alpha = 1/6 and beta = 0.5, got others", "HardSwish has no options here");
    net.add(HardSwish<T>{});
  }
  /// A limit of Clip: an input from opset 11 on, an attribute before; absent or as large as a float can be, none.
  static double limit(From from, std::string_view name, double none) {
    const double value = from.has(name) ? from.scalar(name) : from.real("Clip", name, none);
    return std::abs(value) >= static_cast<double>(std::numeric_limits<float>::max()) ? none : value;
  }
  static void clip(Net& net, From from) {
    constexpr double infinity = std::numeric_limits<double>::max();  // which holds under -ffast-math
    if (from.opset() < 11 && (from.has("min") || from.has("max")))
      from.fail("expected limits as attributes, which they are before opset 11, got inputs",
                "set opset_import to what the nodes were written for");
    const double low = limit(from, "min", -infinity), high = limit(from, "max", infinity);
    if (low == -infinity && high == infinity) return;
    if (low == 0 && high == infinity) return net.add(ReLU<T>{}), void();
    if (high <= 0 || high == infinity || (low != 0 && low != -high))
      from.fail(concat("expected to clip to [0, a] or [-a, a], got [", low, ", ", high, ']'),
                "others have no layer here");
    const double side = low == 0 ? 6 : 1;
    if (high != side) scale(net, from, side / high);
    if (low == 0)
      net.add(ReLU6<T>{});
    else
      net.add(HardTanh<T>{});
    if (high != side) scale(net, from, high / side);
  }
};

}  // namespace descent::detail
