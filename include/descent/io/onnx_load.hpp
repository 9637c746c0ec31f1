#pragma once

#include <algorithm>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <istream>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/onnx_forms.hpp"
#include "descent/io/onnx_model.hpp"
#include "descent/io/onnx_numbers.hpp"
#include "descent/io/onnx_paths.hpp"
#include "descent/io/onnx_read.hpp"
#include "descent/models/concat.hpp"
#include "descent/models/network.hpp"
#include "descent/models/residual.hpp"

namespace descent {

namespace detail {

/// The one value that comes in: older files list the constants among the inputs too.
inline const OnnxValue& only_input(const OnnxModel& model) {
  std::set<std::string, std::less<>> constants;
  for (const OnnxTensor& tensor : model.initializers) constants.insert(tensor.name);
  std::vector<const OnnxValue*> inputs;
  for (const OnnxValue& input : model.inputs)
    if (!constants.contains(input.name)) inputs.push_back(&input);
  if (inputs.size() != 1)
    fail_to_load_onnx(concat("expected a network with one input, got one with ", inputs.size()),
                      "several inputs are not read");
  return *inputs[0];
}

/// So many features that no product of sizes overflows.
constexpr Index most_onnx_features = Index{1} << 31;

/// How many features a sample has.
inline Index features_of(const OnnxModel& model, const OnnxValue& input) {
  // An image is read where flattening it is all that happens to it: all sizes but the first, which is axis = 1. An
  // axis of -1 means the same of flat samples alone.
  const bool is_flattened = std::all_of(model.nodes.begin(), model.nodes.end(), [&](const OnnxNode& node) {
    const bool flattens = node.op == "Flatten" && attribute_or(node, "axis", std::int64_t{1}) == 1;
    return flattens || std::count(node.inputs.begin(), node.inputs.end(), input.name) == 0;
  });
  if (input.dims.size() < 2 || (input.dims.size() > 2 && !is_flattened))
    fail_to_load_onnx(concat("expected an input [batch, features], got ", input.dims.size(), " dimensions"),
                      "only fully connected networks are read; flatten the samples");
  std::int64_t features = 1;
  for (std::size_t i = 1; i < input.dims.size(); ++i) {
    const std::int64_t size = input.dims[i];
    if (size < 1 || size > most_onnx_features / features)
      fail_to_load_onnx(concat("expected a fixed number of features up to 2^31, got a size of ", size),
                        "export with the batch alone dynamic");
    features *= size;
  }
  return Index{features};
}

/// Makes a network of the steps in a file.
template <std::floating_point T>
class OnnxAssembly {
 public:
  OnnxAssembly(const OnnxModel& model, const OnnxPaths& paths) : paths_{paths}, budget_{model} {}

  /// The layers from behind the step `begin` to the step `end`.
  Network<T> network(std::size_t begin, std::size_t end, Index features) {
    constexpr int most = 50;
    if (nesting_ == most)
      fail_to_load_onnx(concat("expected paths nested at most ", most, " deep, got more"),
                        "the file is damaged");
    ++nesting_;
    Network<T> net;
    for (const std::size_t step : paths_.between(begin, end)) {
      const OnnxNode& node = *paths_[step].node;
      if (!used_.insert(step).second)
        fail_to_load_onnx(
            concat(printed(node), ": expected it to lie on one path, but several lead through it"),
            "a network here has no layer in two places");
      try {
        const std::size_t before = net.size();
        add(net, paths_[step], features);
        for (std::size_t i = before; i < net.size(); ++i) features = net[i].output_shape({features}).size();
        if (features > most_onnx_features)
          fail_to_load_onnx(concat(printed(node), ": expected up to 2^31 features, got ", features),
                            "the file is damaged");
      } catch (const FormatError&) {
        throw;
      } catch (const Error& error) {
        fail_to_load_onnx(concat(printed(node), ": expected a layer that fits, got: ", error.what()),
                          "the file is damaged");
      }
    }
    if (net.size() == 0) net.add(Identity<T>{});
    --nesting_;
    return net;
  }

 private:
  void add(Network<T>& net, const OnnxStep& step, Index features) {
    if (step.kind == OnnxStep::Kind::layer) {
      rows_[step.form].add(net, {step.match, features, budget_});
    } else if (step.kind == OnnxStep::Kind::residual) {
      net.add(Residual{network(step.from, step.ends[0], features)});
    } else {
      const std::int64_t axis = attribute_or(*step.node, "axis", std::int64_t{0});
      if (axis != 1 && axis != -1)
        fail_to_load_onnx(concat(printed(*step.node), ": expected axis = 1, got ", axis),
                          "samples are rows, and their features columns");
      constexpr Index numbers_in_branch = 16;  // about as much memory as an empty branch takes
      budget_.spend(numbers_in_branch * static_cast<Index>(step.ends.size()));
      std::vector<Network<T>> branches;
      for (const std::size_t end : step.ends) branches.push_back(network(step.from, end, features));
      net.add(joined(branches, 0, branches.size()));
    }
  }

  /// A Concat has its branches in its type. So that there may be any number, it is halved until two are left.
  static Network<T> joined(std::vector<Network<T>>& branches, std::size_t begin, std::size_t end) {
    if (end - begin == 1) return std::move(branches[begin]);
    const std::size_t middle = begin + (end - begin) / 2;
    return Network<T>{Concat{joined(branches, begin, middle), joined(branches, middle, end)}};
  }

  const OnnxPaths& paths_;
  OnnxBudget budget_;
  std::vector<typename OnnxForms<T>::Row> rows_ = OnnxForms<T>::rows();
  std::set<std::size_t> used_;
  int nesting_ = 0;
};

/// The operators that forms end in.
inline std::string operators_in(const std::vector<OnnxForm>& forms) {
  std::set<std::string> names{"Add", "Concat"};
  for (const OnnxForm& form : forms) names.insert(form.text);
  std::string all;
  for (const std::string& name : names) all += (all.empty() ? "" : ", ") + name;
  return all;
}

}  // namespace detail

/// The network in a model; see load_onnx.
template <std::floating_point T = float>
Network<T> from_onnx(const OnnxModel& model) {
  using namespace detail;
  const OnnxValue& input = only_input(model);
  const Index features = features_of(model, input);
  if (model.outputs.size() != 1)
    fail_to_load_onnx(concat("expected a network with one output, got one with ", model.outputs.size()),
                      "export the one that is wanted");

  std::vector<OnnxForm> forms;
  for (const auto& row : OnnxForms<T>::rows()) forms.push_back(OnnxForm::parse(row.form));
  const OnnxPaths paths{model, input.name, forms};
  const std::size_t end = paths.find(model.outputs[0].name);
  if (paths[end].kind == OnnxStep::Kind::unknown)
    fail_to_load_onnx(
        concat(printed(*paths[end].node), ": expected a layer that is known here, but ",
               paths[end].fault.empty() ? "this is none, nor part of one" : paths[end].fault),
        concat("these operators are read, and the groups of them that exports of PyTorch have: ",
               operators_in(forms)));
  return OnnxAssembly<T>{model, paths}.network(0, end, features);
}

/// Reads a network from .onnx, to predict with or to train further: what save_onnx writes, and fully connected
/// networks that PyTorch exports in inference mode. The guide says which operators are read as which layer.
///
///   Network net = load_onnx("digits.onnx");
///
/// A network that was written with batch normalisation folded in has none when it is read. Products and sums with
/// constants that are no layer of ours become a Standardize, which training does not change. Tensors that layers
/// share in the file are copied for each.
///
/// Throws   FormatError, which names the node, for an operator or a structure that no layer of ours has: shared
///          layers, several inputs or outputs, samples with more than one dimension. And for files that are damaged,
///          or keep their values in other files.
/// Cost     memory of about seven times the size of the file while it reads, and for no file of more than 48 times.
/// Source   ONNX 1.12, operators of opset 17
/// Example  examples/15_onnx.cpp
template <std::floating_point T = float>
Network<T> load_onnx(std::istream& in) {
  return from_onnx<T>(read_onnx(in));
}
template <std::floating_point T = float>
Network<T> load_onnx(const std::filesystem::path& path) {
  return from_onnx<T>(read_onnx(path));
}

}  // namespace descent
