#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <set>
#include <string_view>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx/match.hpp"
#include "descent/io/onnx/model.hpp"
#include "descent/io/onnx/samples.hpp"

namespace descent::inline DESCENT_ABI::detail {

/// The only input on which the outputs depend. Older files list the constants among the inputs too, and a graph may
/// have unused inputs.
inline const OnnxValue& only_input(const OnnxModel& model) {
  std::set<std::string_view> constants, needed;
  for (const OnnxTensor& tensor : model.initializers) constants.insert(tensor.name);
  std::vector<const OnnxValue*> inputs;
  for (const OnnxValue& input : model.inputs)
    if (!constants.contains(input.name)) inputs.push_back(&input);
  if (inputs.size() == 1) return *inputs[0];

  for (const OnnxValue& output : model.outputs) needed.insert(output.name);
  for (auto node = model.nodes.rbegin(); node != model.nodes.rend(); ++node)
    if (std::any_of(node->outputs.begin(), node->outputs.end(),
                    [&](const auto& y) { return needed.contains(y); }))
      needed.insert(node->inputs.begin(), node->inputs.end());
  std::erase_if(inputs, [&](const OnnxValue* input) { return !needed.contains(input->name); });
  if (inputs.size() != 1)
    fail_to_load_onnx(detail::joined("expected a network with one input, got one with ", inputs.size()),
                      inputs.empty() ? "export a network whose output depends on its input"
                                     : "export a network with a single input");
  return *inputs[0];
}

/// The largest number of features; products of sizes do not overflow.
constexpr Index most_onnx_features = Index{1} << 31;

/// The layout of the input's samples.
inline OnnxSamples samples_of(const OnnxValue& input, bool channels_last) {
  if (input.dims.empty())
    fail_to_load_onnx("expected an input [batch, features], got 0 dimensions",
                      "export it for batches of samples");
  std::vector<Index> sizes;
  std::int64_t features = 1;
  for (std::size_t i = 1; i < input.dims.size(); ++i) {
    const std::int64_t size = input.dims[i];
    if (size < 1 || size > most_onnx_features / features)
      fail_to_load_onnx(
          detail::joined("expected a fixed number of features up to 2^31, got a size of ", size),
          "export with only the batch dynamic");
    features *= size;
    sizes.push_back(Index{size});
  }
  return {input.dims[0], sizes, channels_last};
}

}  // namespace descent::inline DESCENT_ABI::detail
