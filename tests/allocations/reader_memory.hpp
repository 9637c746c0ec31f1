#pragma once

#include <descent/core/errors.hpp>
#include <istream>
#include <sstream>
#include <string>
#include <string_view>

#include "allocations/count.hpp"

/// What reading `file` takes at most of memory, next to the size of the file; whether it is read or refused.
/// `read` is called with a stream of it.
template <class Read>
double memory_next_to_size(const std::string& file, Read&& read) {
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

/// So many that what a reader takes once, whatever the file, does not count.
inline constexpr int many = 100'000;
