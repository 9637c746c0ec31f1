#pragma once

#include <algorithm>
#include <concepts>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <initializer_list>
#include <istream>
#include <map>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/io/open_file.hpp"
#include "descent/io/safetensors/tensor_file.hpp"
#include "descent/serialize/atomic_file.hpp"

namespace descent::inline DESCENT_ABI {

/// A mapping from the parameter paths of a model to the names of the tensors in a file: a function, or pairs of a path
/// prefix and its replacement. {"0", "fc1"} maps `0.weight` to `fc1.weight`. The first pair that matches is used; a
/// path that matches none is its own name.
class TensorNames {
 public:
  using Pairs = std::vector<std::pair<std::string, std::string>>;

  TensorNames() = default;
  TensorNames(Pairs pairs)
      : name_{[pairs = std::move(pairs)](const std::string& ours) {
          for (const auto& [from, to] : pairs)
            if (ours == from || ours.starts_with(from + '.')) return to + ours.substr(from.size());
          return ours;
        }} {}
  TensorNames(std::initializer_list<Pairs::value_type> pairs) : TensorNames{Pairs{pairs}} {}
  template <std::invocable<const std::string&> F>
    requires(!std::same_as<F, TensorNames>)
  TensorNames(F name) : name_{std::move(name)} {}

  std::string operator()(const std::string& ours) const { return name_ ? name_(ours) : ours; }

 private:
  std::function<std::string(const std::string&)> name_;
};

/// Returns the mapping to PyTorch's names: gamma and slope are `weight`, beta is `bias`, running_variance is
/// `running_var`. `layers` then maps the names of the layers: pytorch_names({{"0", "fc1"}, {"1", "norm"}}).
///
/// An `RNN` or `LSTM` of PyTorch has two biases, which it adds: here the file's `bias_ih_l0` and `bias_hh_l0` are read as
/// their sum `bias_l0`, which is written as `bias_ih_l0` beside zeros.
inline TensorNames pytorch_names(TensorNames layers = {}) {
  return [layers = std::move(layers)](std::string name) {
    const std::size_t last = name.rfind('.') + 1;  // 0 without a dot
    for (const auto& [ours, theirs] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"gamma", "weight"}, {"beta", "bias"}, {"slope", "weight"}, {"running_variance", "running_var"}})
      if (std::string_view{name}.substr(last) == ours) {
        name.replace(last, std::string::npos, theirs);
        break;
      }
    if (std::string_view{name}.substr(last).starts_with("bias_l")) name.insert(last + 4, "_ih");
    return layers(name);
  };
}

/// The options of `save_safetensors`.
struct SaveSafetensors {
  TensorNames names = {};  ///< from the paths of the model to the names in the file
  Metadata metadata = {};  ///< strings to store beside the tensors
};

/// The order of the dimensions of a matrix in a file: [outputs, inputs] as in PyTorch and here, or [inputs, outputs]
/// as in Keras, JAX and scikit-learn.
enum class MatrixOrder { out_in, in_out };

/// The options of `load_safetensors`.
struct LoadSafetensors {
  TensorNames names = {};      ///< from the paths of the model to the names in the file
  bool ignore_others = false;  ///< true: tensors in the file that the model does not have are ignored
  MatrixOrder order = MatrixOrder::out_in;  ///< of all matrices in the file; square ones are not checked
};

namespace detail {

/// Returns the names of the model's tensors in the file. Throws DataError if two would have the same name.
template <class T>
std::vector<std::string> names_in_file(std::string_view where, const std::vector<NamedTensor<T>>& tensors,
                                       const TensorNames& names) {
  std::vector<std::string> all;
  std::map<std::string, std::string> ours;
  for (const NamedTensor<T>& tensor : tensors) {
    all.push_back(names(tensor.name));
    const auto [other, is_new] = ours.emplace(all.back(), tensor.name);
    if (!is_new)
      throw DataError(where,
                      joined("expected a unique name for each tensor, got \"", all.back(), "\" for \"",
                             other->second, "\" and \"", tensor.name, '"'),
                      "correct .names");
  }
  return all;
}

/// Returns the name of the bias that a recurrent layer of PyTorch adds to this tensor; empty for another tensor.
inline std::string second_bias(std::string_view ours, std::string name) {
  const std::size_t at = name.rfind('.') + 1;  // 0 without a dot
  const std::string_view last = std::string_view{name}.substr(at);
  if (!ours.substr(ours.rfind('.') + 1).starts_with("bias_l") || !last.starts_with("bias_ih_l")) return {};
  return name.replace(at, 7, "bias_hh");
}

/// Throws unless a tensor in the file has the shape of the model's tensor, whose matrices are in the given order.
template <class T>
void expect_shape(const TensorFile& file, const TensorInfo& theirs, const NamedTensor<T>& ours,
                  MatrixOrder order) {
  const std::vector<std::uint64_t> shape = shape_of(ours.dimensions);
  const bool is_scalar = ours.size() == 1 && theirs.shape.empty();
  if (theirs.shape == shape || is_scalar) return;
  const std::string problem =
      joined("expected shape ", printed_shape(shape), ", got ", printed_shape(theirs.shape));
  if (shape.size() != 2 ||
      !std::equal(shape.rbegin(), shape.rend(), theirs.shape.begin(), theirs.shape.end()))
    file.fail(theirs.name, problem, "construct the model with the sizes in the file");
  if (order == MatrixOrder::out_in)
    file.fail(theirs.name, joined(problem, ", which is transposed: [inputs, outputs]"),
              "set .order = MatrixOrder::in_out, as for files of Keras, JAX and scikit-learn");
  file.fail(theirs.name, joined(problem, ", which is transposed: [outputs, inputs]"),
            "set .order = MatrixOrder::out_in, as for files of PyTorch");
}

/// The tensors in a file for one of the model's.
struct StoredTensor {
  const TensorInfo* values;
  const TensorInfo* second = nullptr;  // is added; nullptr for none
};

/// Returns the tensors in the file for each of the model's. Throws if one is missing, of another shape, or unused.
template <class T>
std::vector<StoredTensor> tensors_for(const TensorFile& file, const std::vector<NamedTensor<T>>& ours,
                                      const std::vector<std::string>& names, const LoadSafetensors& options) {
  std::map<std::string_view, const TensorInfo*> by_name;
  for (const TensorInfo& tensor : file.tensors()) by_name.emplace(tensor.name, &tensor);
  std::vector<StoredTensor> found;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto at = by_name.find(names[i]);
    if (at == by_name.end())
      file.fail(names[i], "expected a tensor of this name, got none",
                by_name.empty() ? "correct .names: the model uses all names in the file"
                                : joined("correct .names, if it is called ", by_name.begin()->first));
    const auto take = [&](auto entry) {
      const TensorInfo* tensor = entry->second;
      by_name.erase(entry);
      expect_shape(file, *tensor, ours[i], options.order);
      file.expect_floats(*tensor);
      return tensor;
    };
    found.push_back({take(at)});
    if (const auto second = by_name.find(second_bias(ours[i].name, names[i])); second != by_name.end())
      found.back().second = take(second);
  }
  if (!by_name.empty() && !options.ignore_others)
    file.fail(std::string{by_name.begin()->first}, "expected only tensors of the model, got this one too",
              "set .ignore_others = true if it is not needed");
  return found;
}

}  // namespace detail

/// Writes the parameters and the state of a model, such as the running statistics of BatchNorm, in the safetensors
/// format, which PyTorch and most other frameworks read.
///
///   save_safetensors("net.safetensors", net, {.names = pytorch_names()});
///
/// Names are the parameter paths, such as `0.weight`, mapped by `.names`. The shape of a matrix is [out, in], of a
/// vector [n], of a kernel its logical dimensions, such as [out, in, height, width]. Values are F32, or F64 for a
/// model of doubles.
///
/// Throws   DataError if two tensors would have the same name, or for strings that are not UTF-8.
/// Source   https://huggingface.co/docs/safetensors, "Format"
template <Layer M>
void save_safetensors(std::ostream& out, const M& model, const SaveSafetensors& options = {}) {
  const auto tensors = detail::tensors_of(model);
  const auto names = detail::names_in_file("save_safetensors", tensors, options.names);
  detail::TensorHeader header{{}, options.metadata};
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    detail::append_tensor(header, names[i], tensors[i]);
    if (const std::string second = detail::second_bias(tensors[i].name, names[i]); !second.empty())
      detail::append_tensor(header, second, tensors[i]);
  }
  out << detail::tensor_header("save_safetensors", header);
  for (std::size_t i = 0; i < tensors.size(); ++i) {
    detail::write_tensor(out, tensors[i]);
    if (detail::second_bias(tensors[i].name, names[i]).empty()) continue;
    const Vector<typename M::Scalar> zeros = Vector<typename M::Scalar>::Zero(tensors[i].size());
    detail::write_tensor(out, TensorView<const typename M::Scalar>{zeros, {}});
  }
}

/// Writes the parameters and the state of a model to a safetensors file, which is replaced atomically: a temporary
/// file is renamed into place.
///
/// Throws   also FormatError if the file cannot be written; the old one is kept.
template <Layer M>
void save_safetensors(const std::filesystem::path& path, const M& model,
                      const SaveSafetensors& options = {}) {
  replace_file(path.string(), "save_safetensors",
               [&](std::ostream& out) { save_safetensors(out, model, options); });
}

/// Reads the parameters and the state of a model from a safetensors file, and returns its metadata. The model must
/// already have the architecture; `.names` maps its paths to the names in the file.
///
///   load_safetensors("net.safetensors", net, {.names = pytorch_names({{"0", "fc1"}}), .ignore_others = true});
///
/// Reads F64, F32, F16 and BF16, rounded to the model's Scalar; ignored tensors may have any type. Matrices are
/// [outputs, inputs], or transposed with `.order = MatrixOrder::in_out`. Requires a seekable stream.
///
/// Throws   FormatError, which names the tensor, if one is missing, unused, of another shape or of another type, or if
///          the file is damaged or cut short; DataError if two tensors would have the same name. The model is then
///          unchanged.
/// Source   https://huggingface.co/docs/safetensors, "Format"
/// Example  examples/14_pytorch_weights.cpp
template <Layer M>
Metadata load_safetensors(std::istream& in, M& model, const LoadSafetensors& options = {},
                          const std::string& source = "stream") {
  const detail::TensorFile file{in, "load_safetensors", source};
  M loaded = model;
  auto ours = detail::tensors_of(loaded);
  if (options.order == MatrixOrder::in_out)
    for (auto& tensor : ours)
      if (tensor.dimensions.rank() == 2) tensor.dimensions = detail::transposed(tensor.dimensions);
  const auto names = detail::names_in_file("load_safetensors", ours, options.names);
  const auto theirs = detail::tensors_for(file, ours, names, options);
  for (std::size_t i = 0; i < ours.size(); ++i) {
    file.read(*theirs[i].values, ours[i]);
    if (theirs[i].second == nullptr) continue;
    Vector<typename M::Scalar> second(ours[i].size());
    file.read(*theirs[i].second, TensorView<typename M::Scalar>{second, {}});
    ours[i].array() += second.array();
  }
  model = std::move(loaded);
  return file.metadata();
}

/// Reads the numbers of a model from a file.
template <Layer M>
Metadata load_safetensors(const std::filesystem::path& path, M& model, const LoadSafetensors& options = {}) {
  std::ifstream in = detail::open_file(path, "load_safetensors");
  return load_safetensors(in, model, options, path.string());
}

}  // namespace descent
