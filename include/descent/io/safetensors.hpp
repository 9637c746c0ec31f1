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

namespace descent {

/// The names that a file gives the tensors of a model. Either a function from our name to the file's, or pairs of names, ours
/// first. A pair stands for all names that begin with its first part: {"0", "fc1"} makes `fc1.weight` of `0.weight`.
/// The first pair that fits counts; names that none fits stay as they are.
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

/// The names that PyTorch has: gamma and slope are `weight` there, beta is `bias`, running_variance `running_var`.
/// `layers` then says what the layers are called: pytorch_names({{"0", "fc1"}, {"1", "norm"}}).
inline TensorNames pytorch_names(TensorNames layers = {}) {
  return [layers = std::move(layers)](std::string name) {
    const std::size_t last = name.rfind('.') + 1;  // 0 where there is no point
    for (const auto& [ours, theirs] : std::initializer_list<std::pair<std::string_view, std::string_view>>{
             {"gamma", "weight"}, {"beta", "bias"}, {"slope", "weight"}, {"running_variance", "running_var"}})
      if (std::string_view{name}.substr(last) == ours) {
        name.replace(last, std::string::npos, theirs);
        break;
      }
    return layers(name);
  };
}

struct SaveSafetensors {
  TensorNames names = {};  ///< from the names of `visit` to those in the file
  Metadata metadata = {};  ///< texts to store beside the numbers
};

/// The shape of a matrix in a file. PyTorch has [outputs, inputs], as here; Keras, JAX and scikit-learn [inputs, outputs].
enum class MatrixOrder { out_in, in_out };

struct LoadSafetensors {
  TensorNames names = {};      ///< from the names of `visit` to those in the file
  bool ignore_others = false;  ///< true: the file may hold tensors that the model does not ask for
  MatrixOrder order = MatrixOrder::out_in;  ///< of all matrices in the file; a square one fits either way
};

namespace detail {

/// The names of the model's tensors in the file; throws when two would share one.
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
                      joined("expected a name of its own for each tensor, got \"", all.back(), "\" for \"",
                             other->second, "\" and \"", tensor.name, '"'),
                      "mend .names");
  }
  return all;
}

/// Throws unless a tensor of the file has the shape of the model's, whose matrices are in that order.
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
    file.fail(theirs.name, problem, "make the model with the sizes that the file was saved with");
  if (order == MatrixOrder::out_in)
    file.fail(theirs.name, joined(problem, ", which is transposed: [inputs, outputs]"),
              "set .order = MatrixOrder::in_out, as for files of Keras, JAX and scikit-learn");
  file.fail(theirs.name, joined(problem, ", which is transposed: [outputs, inputs]"),
            "set .order = MatrixOrder::out_in, as for files of PyTorch");
}

/// The tensor of the file for each of the model's; throws when one is missing, of another shape, or left over.
template <class T>
std::vector<const TensorInfo*> tensors_for(const TensorFile& file, const std::vector<NamedTensor<T>>& ours,
                                           const std::vector<std::string>& names,
                                           const LoadSafetensors& options) {
  std::map<std::string_view, const TensorInfo*> by_name;
  for (const TensorInfo& tensor : file.tensors()) by_name.emplace(tensor.name, &tensor);
  std::vector<const TensorInfo*> found;
  for (std::size_t i = 0; i < ours.size(); ++i) {
    const auto at = by_name.find(names[i]);
    if (at == by_name.end())
      file.fail(names[i], "expected in the file, found none",
                by_name.empty()
                    ? "the names in the file are all in use: mend .names"
                    : joined("is it called ", by_name.begin()->first, "? .names says what is called how"));
    found.push_back(at->second);
    by_name.erase(at);

    expect_shape(file, *found.back(), ours[i], options.order);
    file.expect_floats(*found.back());
  }
  if (!by_name.empty() && !options.ignore_others)
    file.fail(std::string{by_name.begin()->first}, "expected tensors of the model alone, got this one too",
              "set .ignore_others if it is not needed");
  return found;
}

}  // namespace detail

/// Writes the parameters and the state of a model, such as the running statistics of BatchNorm, as safetensors: a file
/// of named tensors that PyTorch and most other frameworks read.
///
///   save_safetensors("net.safetensors", net, {.names = pytorch_names()});
///
/// Names are those of `visit`, `0.weight` and so on; a matrix [out, in] has that shape, a vector [n], a kernel its logical
/// dimensions, such as [out, in, height, width]. Values are F32, or F64 for a model of doubles.
///
/// Throws   DataError when two tensors would have one name.
template <Layer M>
void save_safetensors(std::ostream& out, const M& model, const SaveSafetensors& options = {}) {
  const auto tensors = detail::tensors_of(model);
  const auto names = detail::names_in_file("save_safetensors", tensors, options.names);
  detail::TensorHeader header{{}, options.metadata};
  for (std::size_t i = 0; i < tensors.size(); ++i) detail::append_tensor(header, names[i], tensors[i]);
  out << detail::tensor_header("save_safetensors", header);
  for (const auto& tensor : tensors) detail::write_tensor(out, tensor);
}

/// The same into a file, which is written beside its name and renamed into place.
///
/// Throws   FormatError when the file cannot be written; the old one stays.
template <Layer M>
void save_safetensors(const std::filesystem::path& path, const M& model,
                      const SaveSafetensors& options = {}) {
  replace_file(path.string(), "save_safetensors",
               [&](std::ostream& out) { save_safetensors(out, model, options); });
}

/// Reads the parameters and the state of a model from safetensors, and returns the texts that the file carries. The
/// model has the structure already; what the file calls its tensors is up to `.names`.
///
///   load_safetensors("net.safetensors", net, {.names = pytorch_names({{"0", "fc1"}}), .ignore_others = true});
///
/// Takes F64, F32, F16 and BF16, rounded to the model's Scalar; tensors that are ignored may have any type. Matrices
/// are [outputs, inputs], or transposed with `.order = MatrixOrder::in_out`. Needs a stream with positions.
///
/// Throws   FormatError, which names the tensor, when one is missing, left over, of another shape or of another type,
///          or when the file is damaged or cut short; DataError when two tensors would have one name. The model then
///          stays as it was.
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
  for (std::size_t i = 0; i < ours.size(); ++i) file.read(*theirs[i], ours[i]);
  model = std::move(loaded);
  return file.metadata();
}

template <Layer M>
Metadata load_safetensors(const std::filesystem::path& path, M& model, const LoadSafetensors& options = {}) {
  std::ifstream in = detail::open_file(path, "load_safetensors");
  return load_safetensors(in, model, options, path.string());
}

}  // namespace descent
