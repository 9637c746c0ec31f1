#pragma once

#include <cstddef>

/// Counts real allocations of all threads while it lives: `malloc` and its like, as this program calls them itself,
/// which is our code and Eigen's, and as the libraries that it is linked to call them.
class CountAllocations {
 public:
  CountAllocations();
  ~CountAllocations();
  CountAllocations(const CountAllocations&) = delete;
  CountAllocations& operator=(const CountAllocations&) = delete;

  int own() const;
  int of_libraries() const;
};

/// The most memory that the program holds at once while this lives, beyond what it held before.
class PeakMemory {
 public:
  PeakMemory();
  std::size_t bytes() const;

 private:
  long long before_;
};
