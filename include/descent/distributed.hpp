#pragma once

// Needs MPI: link descent::mpi.
#include "descent/distributed/mpi.hpp"
#include "descent/distributed/mpi_communicator.hpp"
