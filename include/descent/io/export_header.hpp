#pragma once

#include <cstddef>
#include <filesystem>
#include <ostream>
#include <string>
#include <vector>

#include "descent/concepts/layer.hpp"
#include "descent/core/errors.hpp"
#include "descent/core/types.hpp"
#include "descent/io/export_header/writer.hpp"
#include "descent/serialize/atomic_file.hpp"
#include "descent/tree/describe.hpp"
#include "descent/tree/leaves.hpp"

namespace descent::inline DESCENT_ABI {

/// The options of `export_header`.
struct ExportHeader {
  Shape inputs{0};               ///< shape of a sample, such as train.sample_shape()
  std::string name = "network";  ///< namespace of the functions
  bool probabilities =
      false;  ///< adds a softmax, or a sigmoid to a single output, after a network that ends in logits
};

namespace detail {

/// Returns the numbers of a leaf in row-major order of its logical dimensions.
template <class T>
ExportedTensor exported(const TensorView<T>& leaf) {
  const Dimensions& sizes = leaf.dimensions;
  ExportedTensor tensor{sizes, {}};
  std::vector<Index> at(sizes.rank(), 0);
  for (Index n = 0; n < sizes.size(); ++n) {
    Index offset = 0;
    for (std::size_t k = 0; k < sizes.rank(); ++k) offset += at[k] * sizes.stride(k);
    tensor.numbers.push_back(static_cast<double>(leaf.data[offset]));
    for (std::size_t k = sizes.rank(); k-- > 0;) {
      if (++at[k] < sizes[k]) break;
      at[k] = 0;
    }
  }
  return tensor;
}

inline void expect_identifier(const std::string& name) {
  bool valid = !name.empty() && (name[0] < '0' || name[0] > '9');
  for (const char c : name)
    valid = valid && ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_');
  if (!valid)
    throw_error<DataError>("export_header", {"expected a .name for a namespace, got \"", name, '"'},
                           "choose letters, digits and underscores, such as \"digits\"");
}

inline void write_header(std::ostream& out, const ExportedNetwork& network, const ExportHeader& options) {
  HeaderWriter writer{network};
  HeaderWriter::Values y = writer.write(network.description, "", {0, options.inputs}, true);
  if (options.probabilities) y = writer.write_probabilities(y);
  out << writer.finished(options.name, options.inputs, y);
}

}  // namespace detail

/// Writes a network as a C++20 header of its own, without Eigen, memory from the heap or exceptions, for programs on
/// microcontrollers and in games. Its weights are constant arrays.
///
///   export_header("digits.hpp", net, {.inputs = train.sample_shape(), .name = "digits"});
///
///   float y[digits::outputs];                    // in the other program, which includes the header
///   digits::predict(pixels, y);                  // or: int digit = digits::predict_class(pixels);
///
/// The outputs are those of `predict` up to rounding. Outputs of layers are on the stack, in two or three buffers of the
/// size of the largest; images have the channels of a pixel, and sequences those of a step, next to each other. Recurrent
/// layers begin with a state of zeros. Takes all layers of the library but formulas.
///
/// Throws   DataError, which names the layer, for one that a header cannot compute, for a name that is none in C++, and
///          for parameters that are not finite; ShapeError when the network does not take the inputs; FormatError when
///          the file cannot be written.
/// Cost     the memory of the text, some 12 bytes for each parameter
/// Example  examples/42_export_header.cpp
template <Layer M>
void export_header(std::ostream& out, const M& model, const ExportHeader& options) {
  using T = typename M::Scalar;
  detail::expect_identifier(options.name);
  if (options.inputs.size() == 0)
    throw_error<DataError>("export_header", {"expected the shape of a sample in .inputs, got none"},
                           "pass .inputs = train.sample_shape()");
  model.output_shape(options.inputs);
  detail::ExportedNetwork network{describe(model), {}, sizeof(T) == 8};
  visit_leaves(const_cast<M&>(model), [&](const Leaf<T>& leaf) {  // only reads; shares an instantiation
    network.tensors.emplace(leaf.name().path(), detail::exported(leaf));
  });
  detail::write_header(out, network, options);
}
/// Writes the header to a file.
template <Layer M>
void export_header(const std::filesystem::path& path, const M& model, const ExportHeader& options) {
  replace_file(path.string(), "export_header",
               [&](std::ostream& out) { export_header(out, model, options); });
}

}  // namespace descent
