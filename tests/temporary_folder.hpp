#pragma once

#include <filesystem>
#include <random>
#include <string>

namespace support {

/// An empty folder of its own for a test, which is gone when the test ends. Tests run side by side.
struct TemporaryFolder {
  std::filesystem::path path =
      std::filesystem::temp_directory_path() / ("descent_test_" + std::to_string(std::random_device{}()));

  TemporaryFolder() { std::filesystem::create_directories(path); }
  ~TemporaryFolder() { std::filesystem::remove_all(path); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
};

}  // namespace support
