#pragma once

#include <string_view>

// What is trained, in numbers. Ours and the peers written in C++ take them from here; step_pytorch.py has a copy.

/// A network features - hidden - hidden - outputs, and how it is fed.
struct Sizes {
  std::string_view name;
  int features, hidden_1, hidden_2, outputs;
  int batch;
};

inline constexpr Sizes size_s{"S", 2, 16, 16, 1, 32};
inline constexpr Sizes size_m{"M", 784, 256, 128, 10, 128};
inline constexpr Sizes size_m_plus{"M+", 784, 256, 128, 10, 128};
inline constexpr Sizes size_l{"L", 784, 2048, 2048, 10, 512};

/// The batches that are gone through in turn: enough that no library can find the last one in its cache by luck.
inline constexpr int batch_count = 8;

/// Small, so that nothing is learnt by heart while the clock runs. The gradients of a solved task go denormal, and
/// a processor is slow at those: that would be measured instead.
inline constexpr double learning_rate = 1e-6;
