#pragma once

#include <array>
#include <descent/core/random.hpp>
#include <descent/linalg/product.hpp>
#include <descent/parallel/workers.hpp>
#include <vector>

#include "sizes.hpp"

/// The matrix products of a training step alone, with the same backend: a lower bound of the time of a step for any
/// library with these products.
///
///   y = W x      dW = dy x^T      dx = W^T dy, for all layers but the first
class ProductLoop {
 public:
  ProductLoop(const Sizes& sizes, descent::Index batch) {
    descent::Rng rng{1};
    const auto random = [&](descent::Index rows, descent::Index cols) {
      descent::Matrix<> m(rows, cols);
      for (float& value : m.reshaped()) value = static_cast<float>(rng.normal());
      return m;
    };
    for (int i = 0; i < batch_count; ++i) inputs_.push_back(random(sizes.features, batch));
    const std::array widths{sizes.features, sizes.hidden_1, sizes.hidden_2, sizes.outputs};
    for (std::size_t i = 0; i < layers_.size(); ++i) {
      const descent::Index in = widths[i], out = widths[i + 1];
      layers_[i] = {random(out, in), random(out, in), random(out, batch), random(out, batch),
                    random(in, batch)};
    }
  }

  void step(descent::Workers& workers = descent::single_thread) {
    using Product = descent::Product<float>;
    const descent::Matrix<>& first = inputs_[position_++ % inputs_.size()];
    const auto input = [&](std::size_t i) -> const descent::Matrix<>& {
      return i == 0 ? first : layers_[i - 1].y;
    };
    for (std::size_t i = 0; i < layers_.size(); ++i)
      Product::plain(layers_[i].weight, input(i), layers_[i].y, workers);
    for (std::size_t i = layers_.size(); i-- > 0;) {
      Layer& layer = layers_[i];
      Product::transposed_right(layer.dy, input(i), layer.gradient, workers);
      if (i > 0) Product::transposed_left(layer.weight, layer.dy, layer.dx, workers);
    }
  }

 private:
  // Every result has its own matrix, as in a network. dy is independent of dx, so that nothing overflows.
  struct Layer {
    descent::Matrix<> weight, gradient, y, dy, dx;
  };

  std::vector<descent::Matrix<>> inputs_;
  std::array<Layer, 3> layers_;
  std::size_t position_ = 0;
};
