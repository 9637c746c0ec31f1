#pragma once

#include <string_view>

// The sizes of the workloads, for all workers written in C++; step_pytorch.py has a copy.

/// A network features - hidden - hidden - outputs, and its batch size. If the features are a square image, convolutions
/// come first; if they are the time steps of a sequence, a recurrent layer whose last output is classified, or a block of a
/// transformer of as many features as the second hidden layer, whose inner network has those of the first.
struct Sizes {
  std::string_view name;
  int features, hidden_1, hidden_2, outputs;
  int batch;
  int image_side = 0;
  int steps = 0;
};

inline constexpr Sizes size_s{"S", 2, 16, 16, 1, 32};
inline constexpr Sizes size_m{"M", 784, 256, 128, 10, 128};
inline constexpr Sizes size_m_plus{"M+", 784, 256, 128, 10, 128};
inline constexpr Sizes size_l{"L", 784, 2048, 2048, 10, 512};
inline constexpr Sizes size_lenet{"LeNet", 784, 120, 84, 10, 128, 28};
inline constexpr Sizes size_vgg{"VGG", 3 * 32 * 32, 32, 64, 10, 64, 32};
inline constexpr Sizes size_mobile_net{"MobileNet", 784, 32, 64, 10, 64, 28};
inline constexpr Sizes size_lstm{"LSTM", 32 * 64, 128, 0, 10, 64, 0, 32};
inline constexpr Sizes size_gru{"GRU", 32 * 64, 128, 0, 10, 64, 0, 32};
inline constexpr Sizes size_encoder{"Encoder", 128 * 64, 512, 128, 10, 32, 0, 64};
inline constexpr int encoder_heads = 4;

/// The number of batches that are used in turn: enough that no library finds a batch in its cache by luck.
inline constexpr int batch_count = 8;

/// The number of samples that are predicted together.
inline constexpr int predicted_samples = 4096;

/// Small, so that training does not converge during the measurement: the gradients of a solved task become denormal,
/// with which processors are slow.
inline constexpr double learning_rate = 1e-6;
