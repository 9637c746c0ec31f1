#pragma once

#include <filesystem>
#include <random>
#include <string>

namespace support {

/// RAII guard: creates an empty folder with a unique name, since tests run in parallel, and removes it at the end.
struct TemporaryFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("descent_test_" + std::to_string(std::random_device{}()));

  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

}  // namespace support
