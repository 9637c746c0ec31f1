#pragma once

#include <cstdint>
#include <descent/layers/dense.hpp>
#include <descent/layers/normalization/batch_norm.hpp>
#include <descent/losses/mean_squared_error.hpp>
#include <descent/metrics/r2.hpp>
#include <descent/models/sequential.hpp>
#include <descent/optimizers/adam.hpp>
#include <descent/training/trainer.hpp>
#include <sstream>
#include <string>
#include <string_view>

namespace fuzz {

inline auto some_trainer() {
  using namespace descent;
  Rng rng{1};
  const Sequential net{Dense{2, 3, rng}, BatchNorm{3}};
  return Trainer{net,
                 MeanSquaredError{},
                 Adam{},
                 {.batch_size = 4, .metrics = {R2{}}, .accumulate = 2, .progress = silent}};
}
inline descent::Dataset<float> some_data() {
  return {.x = descent::Matrix<>::Constant(2, 16, 0.5F), .y = descent::Matrix<>::Ones(3, 16)};
}

/// Reads a checkpoint with `bytes` between its header and its hash, which are added here.
inline void checkpoint(std::string_view bytes) {
  using namespace descent;
  static const auto trainer = some_trainer();
  std::string file{detail::checkpoint_magic};
  file.append(reinterpret_cast<const char*>(&detail::checkpoint_byte_order), sizeof(std::uint32_t));
  file.append(bytes);
  XXH64 hash;
  hash.update(file);
  const std::uint64_t value = hash.value();
  file.append(reinterpret_cast<const char*>(&value), sizeof value);
  auto loaded = trainer;
  try {
    detail::CheckpointReader<XXH64> reader{file, "fuzz"};
    loaded.visit_members(reader);
    reader.expect_end();
    std::ostringstream text;
    loaded.history().write_csv(text);
    loaded.run(some_data(), 1);  // training must be able to continue
  } catch (const Error&) {
  }
}

}  // namespace fuzz
