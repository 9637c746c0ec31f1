#pragma once

#include <mpi.h>

#include <exception>

#include "descent/core/errors.hpp"

namespace descent::inline DESCENT_ABI {

/// RAII guard: initializes MPI, unless the program has done so, and finalizes it. Construct one at the beginning of
/// `main`, before each `MpiCommunicator`.
///
/// The level MPI_THREAD_FUNNELED lets a rank have several threads, of which one trains. If an exception leaves the
/// scope, the job is ended with status 1, since the other ranks would wait for this one.
///
/// Throws   Error when MPI supports no threads.
/// Example  examples/16_mpi.cpp
class Mpi {
 public:
  Mpi() {
    int initialized = 0, level = MPI_THREAD_FUNNELED;
    MPI_Initialized(&initialized);
    if (initialized == 0) {
      MPI_Init_thread(nullptr, nullptr, MPI_THREAD_FUNNELED, &level);
      finalizes_ = true;
    } else {
      MPI_Query_thread(&level);
    }
    if (level < MPI_THREAD_FUNNELED) {
      if (finalizes_) MPI_Finalize();
      throw_error<Error>("Mpi", {"expected the thread level MPI_THREAD_FUNNELED, got none"},
                         "initialize MPI by MPI_Init_thread, or install one that supports threads");
    }
  }
  ~Mpi() {
    if (std::uncaught_exceptions() > exceptions_) MPI_Abort(MPI_COMM_WORLD, 1);
    if (finalizes_) MPI_Finalize();
  }
  Mpi(const Mpi&) = delete;
  Mpi& operator=(const Mpi&) = delete;

 private:
  bool finalizes_ = false;
  int exceptions_ = std::uncaught_exceptions();
};

}  // namespace descent
