#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/import.hpp"
#include "descent/io/onnx/samples.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The patterns that transpose and reshape. They update the layout of the samples and add no layer: the next layer
/// that needs a shape adds a Flatten or a Reshape.
template <std::floating_point T>
struct OnnxReshaping {
  using In = OnnxImport<T>&;

  static void transpose(In in) {
    std::vector<std::size_t> order;
    const std::vector<std::int64_t> axes = in.integers("Transpose", "perm");
    const std::size_t rank = in.samples().axes.size();
    for (const std::int64_t axis : axes) order.push_back(static_cast<std::size_t>(axis));
    std::vector<std::size_t> sorted = order;
    std::sort(sorted.begin(), sorted.end());
    bool fits = axes.size() == rank + 1;
    for (std::size_t k = 0; k < sorted.size(); ++k) fits = fits && sorted[k] == k;
    if (!fits) in.fail("expected an order of all axes, got another", "name each axis once");
    in.samples().transpose(order);
  }
  static void flatten(In in) {
    if (in.axis("Flatten", 1) != 0)
      in.fail(joined("expected axis = 1, got ", in.integer("Flatten", "axis", 1)),
              "flatten all axes but the batch");
    reshape_to(in, {0, -1}, true);
  }
  static void reshape(In in) {
    reshape_to(in, in.tensor("shape").values, in.integer("Reshape", "allowzero", 0) == 0);
  }
  /// PyTorch's `x.view(x.size(0), n)`: the first size is computed by Shape and Gather, the other is a constant.
  static void view(In in) {
    const std::vector<double> axes = in.axes("Unsqueeze"), &sizes = in.tensor("sizes").values;
    const bool is_first = axes.size() == 1 && (axes[0] == 0 || axes[0] == -1) && in.scalar("index") == 0;
    if (!is_first || sizes.size() != 1)
      in.fail("expected a shape of the batch size and one constant, got another",
              "write it as torch.flatten(x, 1)");
    for (const char* op : {"Gather", "Concat"}) in.expect(op, "axis", 0, "write it as torch.flatten(x, 1)");
    reshape_to(in, {0, sizes[0]}, true);
  }
  /// `x.view(-1, n)` in PyTorch's tutorial, where n is the product of all sizes but the first.
  static void view_of_product(In in) {
    double axes = 1;  // 1 * 2 * 3, of three different ones
    for (const char* name : {"i", "j", "k"}) axes *= in.scalar(name);
    if (in.scalar("batch") != -1 || axes != 6 || in.samples().axes.size() != 3)
      in.fail("expected a shape of -1 and the product of channels, height and width, got another",
              "write it as torch.flatten(x, 1)");
    in.expect("Concat", "axis", 0, "write it as torch.flatten(x, 1)");
    reshape_to(in, {0, -1}, true);
  }
  /// Reshapes [batch, ...] to the dimensions `to`, of which one may be -1, inferred from the others. A dimension of 0
  /// keeps the size if `zero_keeps`.
  ///
  /// Throws   FormatError when it would move numbers from one sample to another.
  static void reshape_to(In in, const std::vector<double>& to, bool zero_keeps) {
    OnnxSamples& samples = in.samples();
    if (samples.batch != 0 || (samples.count != 1 && to.size() > 1 && to[0] == 1 && to[1] == -1))
      return reshape_around_batch(in, to, zero_keeps);
    const Index features = samples.size();
    std::vector<Index> sizes;
    Index product = 1;
    std::ptrdiff_t inferred = -1;
    bool fits = !to.empty();
    for (std::size_t i = 1; i < to.size() && fits; ++i) {
      const bool keeps = to[i] == 0 && zero_keeps && i <= samples.axes.size();
      const double size = keeps ? static_cast<double>(samples.size(i - 1)) : to[i];
      if (size == -1 && inferred < 0) {
        inferred = static_cast<std::ptrdiff_t>(sizes.size());
        sizes.push_back(1);
      } else if (size >= 1 && size * static_cast<double>(product) <= static_cast<double>(features)) {
        sizes.push_back(static_cast<Index>(size));
        product *= sizes.back();
      } else {
        fits = false;
      }
    }
    const bool keeps_count =
        fits && ((to[0] == 0 && zero_keeps) || (to[0] > 0 && to[0] == static_cast<double>(samples.count)));
    if (keeps_count && inferred >= 0 && features % product == 0)
      product *= sizes[static_cast<std::size_t>(inferred)] = features / product;
    fits = fits && product == features && (keeps_count || (to[0] == -1 && inferred < 0));
    if (!fits)
      in.fail("expected to keep samples in rows, each with its features, got another shape",
              joined("reshape to [-1, ", features, "] before the layers"));
    if (!samples.reshape(sizes)) in.fail_order();
  }
  /// Does the same where the batch is not the first axis, or will not be: as many values as before it stay before it.
  static void reshape_around_batch(In in, const std::vector<double>& to, bool zero_keeps) {
    OnnxSamples& samples = in.samples();
    const std::size_t batch = samples.batch;
    double before = 1, product = 1;
    for (std::size_t k = 0; k < batch; ++k) before *= static_cast<double>(samples.size(k));
    std::vector<Index> sizes;
    std::optional<std::size_t> at;
    std::ptrdiff_t inferred = -1;
    bool fits = true;
    for (std::size_t i = 0; i < to.size() && fits; ++i) {
      const bool keeps = to[i] == 0 && zero_keeps && i <= samples.axes.size();
      if (!at && product == before &&
          (to[i] == -1 || (keeps && i == batch) || to[i] == static_cast<double>(samples.count))) {
        at = i;
        continue;
      }
      const double size =
          keeps && i != batch ? static_cast<double>(samples.size(i - (i > batch ? 1 : 0))) : to[i];
      if (size == -1 && at && inferred < 0) {
        inferred = static_cast<std::ptrdiff_t>(sizes.size());
        sizes.push_back(1);
      } else {
        fits = size >= 1 && size * product <= static_cast<double>(samples.size());
        sizes.push_back(fits ? static_cast<Index>(size) : 1);
        product *= fits ? size : 1;
      }
    }
    const auto done = static_cast<Index>(product);
    if (fits && inferred >= 0 && samples.size() % done == 0) {
      sizes[static_cast<std::size_t>(inferred)] = samples.size() / done;
      product = static_cast<double>(samples.size());
    }
    if (!fits || !at || product != static_cast<double>(samples.size()))
      in.fail("expected to keep the values of each sample, got a shape that mixes samples",
              "keep the batch where it is");
    if (!samples.reshape(sizes)) in.fail_order();
    samples.batch = *at;
  }
};

}  // namespace descent::detail
