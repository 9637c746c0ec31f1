#pragma once

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
