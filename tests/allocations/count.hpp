#pragma once

#include <cstddef>

/// Counts the heap allocations of all threads during its lifetime: those by the code of the program, which includes
/// Eigen, and those by the shared libraries.
class CountAllocations {
 public:
  CountAllocations();
  ~CountAllocations();
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;

  int own() const;
  int of_libraries() const;
};

/// Measures the peak of the allocated memory during its lifetime, relative to its construction.
class PeakMemory {
 public:
  PeakMemory();
  std::size_t bytes() const;

 private:
  long long before_;
};
