#pragma once

#include <algorithm>
#include <descent/descent.hpp>
#include <string>
#include <string_view>
#include <utility>

#include "sizes.hpp"
#include "worker.hpp"

// The workloads for descent. Each has its sizes, network, loss and optimizer.

/// Tiny: measures the overhead of a step.
struct S {
  static constexpr Sizes sizes = size_s;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    return Sequential{Dense{sizes.features, sizes.hidden_1, rng, XavierNormal{}}, Tanh{},
                      Dense{sizes.hidden_1, sizes.hidden_2, rng, XavierNormal{}}, Tanh{},
                      Dense{sizes.hidden_2, sizes.outputs, rng, XavierNormal{}}};
  }
  static auto loss() { return descent::SigmoidCrossEntropy{}; }
  static auto optimizer() { return descent::Adam{.learning_rate = learning_rate}; }
};

inline auto plain_classifier(const Sizes& sizes, descent::Rng& rng) {
  using namespace descent;
  return Sequential{Dense{sizes.features, sizes.hidden_1, rng}, ReLU{},
                    Dense{sizes.hidden_1, sizes.hidden_2, rng}, ReLU{},
                    Dense{sizes.hidden_2, sizes.outputs, rng}};
}

/// A classifier of small images.
struct M {
  static constexpr Sizes sizes = size_m;
  static auto network(descent::Rng& rng) { return plain_classifier(sizes, rng); }
  static auto loss() { return descent::SoftmaxCrossEntropy{}; }
  static auto optimizer() { return descent::Adam{.learning_rate = learning_rate}; }
};

/// M with batch normalization and dropout.
struct MPlus : M {
  static constexpr Sizes sizes = size_m_plus;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    return Sequential{Dense{sizes.features, sizes.hidden_1, rng, Bias::none},
                      BatchNorm{sizes.hidden_1},
                      ReLU{},
                      Dropout{{.keep = 0.8}},
                      Dense{sizes.hidden_1, sizes.hidden_2, rng, Bias::none},
                      BatchNorm{sizes.hidden_2},
                      ReLU{},
                      Dropout{{.keep = 0.8}},
                      Dense{sizes.hidden_2, sizes.outputs, rng}};
  }
};

/// Large: dominated by matrix products.
struct L : M {
  static constexpr Sizes sizes = size_l;
  static auto network(descent::Rng& rng) { return plain_classifier(sizes, rng); }
  static auto optimizer() {
    return descent::Momentum{.learning_rate = learning_rate, .velocity = descent::Velocity::sum};
  }
};

/// LeNet-5: dominated by convolutions.
struct LeNet : M {
  static constexpr Sizes sizes = size_lenet;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    return Sequential{Conv2D{1, 6, rng, {.kernel = 5, .padding = 2}},
                      ReLU{},
                      MaxPool2D{{.kernel = 2}},
                      Conv2D{6, 16, rng, {.kernel = 5}},
                      ReLU{},
                      MaxPool2D{{.kernel = 2}},
                      Flatten{},
                      Dense{16 * 5 * 5, sizes.hidden_1, rng},
                      ReLU{},
                      Dense{sizes.hidden_1, sizes.hidden_2, rng},
                      ReLU{},
                      Dense{sizes.hidden_2, sizes.outputs, rng}};
  }
};

/// Like VGG, but small: dominated by convolutions of 3 x 3.
struct VGG : M {
  static constexpr Sizes sizes = size_vgg;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    constexpr Index first = sizes.hidden_1, second = sizes.hidden_2, third = 2 * second;
    const Conv2DOptions same{.kernel = 3, .padding = 1};
    return Sequential{Conv2D{3, first, rng, same},
                      ReLU{},
                      Conv2D{first, first, rng, same},
                      ReLU{},
                      MaxPool2D{{.kernel = 2}},
                      Conv2D{first, second, rng, same},
                      ReLU{},
                      Conv2D{second, second, rng, same},
                      ReLU{},
                      MaxPool2D{{.kernel = 2}},
                      Conv2D{second, third, rng, same},
                      ReLU{},
                      GlobalAveragePool{},
                      Dense{third, sizes.outputs, rng}};
  }
};

/// Two blocks of MobileNet: dominated by depthwise convolutions.
struct MobileNet : M {
  static constexpr Sizes sizes = size_mobile_net;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    constexpr Index first = sizes.hidden_1, second = sizes.hidden_2;
    return Sequential{Conv2D{1, first, rng, {.kernel = 3, .padding = 1}},
                      ReLU{},
                      Conv2D{first, first, rng, {.kernel = 3, .padding = 1, .groups = first}},
                      ReLU{},
                      Conv2D{first, second, rng, {.kernel = 1}},
                      ReLU{},
                      Conv2D{second, second, rng, {.kernel = 3, .stride = 2, .padding = 1, .groups = second}},
                      ReLU{},
                      GlobalAveragePool{},
                      Dense{second, sizes.outputs, rng}};
  }
};

/// A recurrent layer: one product for all time steps, and a small one for each.
struct OfLSTM : M {
  static constexpr Sizes sizes = size_lstm;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    return Sequential{LSTM{sizes.features / sizes.steps, sizes.hidden_1, rng, {.outputs = Outputs::last}},
                      Dense{sizes.hidden_1, sizes.outputs, rng}};
  }
};
struct OfGRU : M {
  static constexpr Sizes sizes = size_gru;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    return Sequential{GRU{sizes.features / sizes.steps, sizes.hidden_1, rng, {.outputs = Outputs::last}},
                      Dense{sizes.hidden_1, sizes.outputs, rng}};
  }
};

/// A block of a transformer: dominated by products of many sizes.
struct Encoder : M {
  static constexpr Sizes sizes = size_encoder;
  static auto network(descent::Rng& rng) {
    using namespace descent;
    return Sequential{encoder_block(sizes.hidden_2, rng, {.heads = encoder_heads, .hidden = sizes.hidden_1}),
                      GlobalAveragePool{}, Dense{sizes.hidden_2, sizes.outputs, rng}};
  }
};

/// Normal features, and random classes or binary targets: the time of a step does not depend on them.
inline descent::Dataset<> make_data(const Sizes& sizes, descent::Index samples) {
  descent::Rng rng{1};
  descent::Dataset<> data{descent::Matrix<>(sizes.features, samples), descent::Matrix<>(1, samples)};
  if (const int side = sizes.image_side; side > 0) data.shape = {sizes.features / (side * side), side, side};
  if (sizes.steps > 0) data.shape = {.channels = sizes.features / sizes.steps, .width = sizes.steps};
  for (float& value : data.x.reshaped()) value = static_cast<float>(rng.normal());
  for (float& value : data.y.reshaped()) value = static_cast<float>(rng.below(std::max(2, sizes.outputs)));
  return data;
}

/// Batches that are used in turn, endlessly.
class Batches {
 public:
  explicit Batches(const Sizes& sizes) : Batches(sizes, sizes.batch) {}
  Batches(const Sizes& sizes, descent::Index batch)
      : batch_{batch}, data_{make_data(sizes, batch_count * batch)} {}

  /// Returns x and y of the next batch.
  std::pair<descent::Batch<>, descent::Batch<>> next() {
    const descent::Index first = position_++ % batch_count * batch_;
    return {data_.inputs().columns(first, batch_), std::as_const(data_.y).middleCols(first, batch_)};
  }

 private:
  descent::Index batch_, position_ = 0;
  descent::Dataset<> data_;
};

/// Calls f(W{}) for the workload W with this name.
void with_workload(std::string_view name, auto&& f) {
  const auto among = [&]<class... W>(W... workload) {
    return ((name == W::sizes.name && (f(workload), true)) || ...);
  };
  if (!among(S{}, M{}, MPlus{}, L{}, LeNet{}, VGG{}, MobileNet{}, OfLSTM{}, OfGRU{}, Encoder{}))
    throw Unsupported{"no workload " + std::string{name}};
}
