#pragma once

#include <descent/core/errors.hpp>
#include <istream>
#include <sstream>
#include <string>
#include <string_view>

#include "allocations/count.hpp"

/// Measures the peak memory of `read`, called with a stream of `file`, as a multiple of the file's size. The file may
/// be read or rejected.
template <class Read>
double memory_over_size(const std::string& file, Read&& read) {
  std::istringstream in{file};
  const PeakMemory peak;
  try {
    read(in);
  } catch (const descent::Error&) {
  }
  return static_cast<double>(peak.bytes()) / static_cast<double>(file.size());
}

inline std::string repeated(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

/// Large enough that the constant memory of a reader is negligible.
inline constexpr int many = 100'000;
