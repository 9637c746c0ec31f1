#pragma once

#include <cstdint>
#include <descent/layers/batch_norm.hpp>
#include <descent/layers/dense.hpp>
#include <descent/losses/mean_squared_error.hpp>
#include <descent/metrics/r2.hpp>
#include <descent/models/sequential.hpp>
#include <descent/optimizers/adam.hpp>
#include <descent/training/trainer.hpp>
#include <string>
#include <string_view>

namespace fuzz {

/// Takes what stands between the head of a checkpoint, which is put before it, and the hash, which is put behind.
inline void checkpoint(std::string_view bytes) {
  using namespace descent;
  static const auto trainer = [] {
    Rng rng{1};
    const Sequential net{Dense{2, 3, rng}, BatchNorm{3}};
    return Trainer{net, MeanSquaredError{}, Adam{}, {.metrics = {R2{}}}};
  }();
  std::string file{detail::checkpoint_magic};
  file.append(reinterpret_cast<const char*>(&detail::checkpoint_byte_order), sizeof(std::uint32_t));
  file.append(bytes);
  XXH64 hash;
  hash.update(file);
  const std::uint64_t value = hash.value();
  file.append(reinterpret_cast<const char*>(&value), sizeof value);
  auto loaded = trainer;
  try {
    detail::CheckpointReader reader{file, "fuzz"};
    loaded.visit_members(reader);
    reader.expect_end();
  } catch (const Error&) {
  }
}

}  // namespace fuzz
