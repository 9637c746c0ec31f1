#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "conformance/table.hpp"

namespace conformance {

/// The results of a forward and a backward pass: y, dx and the parameters of the gradient as one list.
struct PassResult {
  Matrix<double> y, dx;
  std::vector<double> gradient;
  friend bool operator==(const PassResult&, const PassResult&) = default;
};

template <class M>
PassResult run_pass(const M& model, const Batch<double>& x, const Batch<double>& dy,
                    Workers& workers = single_thread) {
  typename M::Cache cache;
  M slopes = zeros_like(model);
  PassResult result;
  const Pass pass = Pass::training({.seed = 5, .workers = &workers});
  result.y = model.forward(x, cache, pass);
  result.dx = model.backward(x, dy, cache, slopes, pass);
  M::visit(
      [&](const Parameter&, const auto& s) {
        result.gradient.insert(result.gradient.end(), s.data(), s.data() + s.size());
      },
      slopes);
  return result;
}

/// A layer for samples of `shape`, given as a function that makes it in the precision of its first argument. The
/// layer is type-erased, so that the tests are compiled once and not for every layer; only `in_sequential` knows the
/// type.
struct LayerRow {
  using Chain = PassResult(const Shape& sample, const Dense<double>& before, const Dense<double>& after,
                           const Batch<double>& x, const Batch<double>& dy);
  std::string name;
  std::vector<Shape> shapes;
  std::function<AnyLayer<double>(Rng&)> make;
  std::function<AnyLayer<float>(Rng&)> make_float;
  std::function<Chain> in_sequential;
  std::string not_in_files;  // the reason why no file can hold the layer; empty if one can
  Shape shape = {0};         // of the samples in the current test, one of `shapes`

  template <class Make>
  LayerRow(std::string row_name, std::vector<Shape> samples, Make row_make, std::string why_not_in_files = {})
      : name{std::move(row_name)},
        shapes{std::move(samples)},
        make{[=](Rng& rng) -> AnyLayer<double> { return row_make(double{}, rng); }},
        make_float{[=](Rng& rng) -> AnyLayer<float> { return row_make(float{}, rng); }},
        in_sequential{[=](const Shape& sample, const auto& before, const auto& after, const auto& x,
                          const auto& dy) {
          Rng rng{7};
          return run_pass(
              Sequential{before, Reshape<double>{sample}, row_make(double{}, rng), Flatten<double>{}, after},
              x, dy);
        }},
        not_in_files{std::move(why_not_in_files)} {}
};

/// The shapes that a layer of 5 features or channels takes: plain samples, images and sequences.
inline const std::vector<Shape> any_shape{{5}, {5, 2, 3}, {5, 1, 4}};

/// The rows are in layer_table.cpp, which is compiled once for all tests.
extern const std::vector<LayerRow> layers;

/// Calls f(row) for each row of the table, with each of the shapes.
void for_each(const std::vector<LayerRow>& table, auto&& f) {
  for (LayerRow row : table) {
    const std::string name = row.name;
    for (const Shape& shape : row.shapes) {
      row.shape = shape;
      row.name = detail::joined(name, " on ", shape.channels, " x ", shape.height, " x ", shape.width);
      f(row);
    }
  }
}

}  // namespace conformance
