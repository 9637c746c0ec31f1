# Finds the C interface of MPI and defines MPI::MPI_C. A project without the language C, for which FindMPI does not, gets it
# from the compiler wrapper of C++, without the library of the C++ interface, which MPI has given up.
find_package(MPI QUIET COMPONENTS C)
if(NOT TARGET MPI::MPI_C)
  set(MPI_CXX_SKIP_MPICXX TRUE)
  find_package(MPI QUIET COMPONENTS CXX)
endif()

include(FindPackageHandleStandardArgs)
if(TARGET MPI::MPI_C)
  find_package_handle_standard_args(MPIForC REQUIRED_VARS MPI_C_FOUND)
else()
  find_package_handle_standard_args(MPIForC REQUIRED_VARS MPI_CXX_FOUND)
endif()

if(MPIForC_FOUND AND NOT TARGET MPI::MPI_C)
  set(MPIForC_LIBRARIES ${MPI_CXX_LIBRARIES})
  list(FILTER MPIForC_LIBRARIES EXCLUDE REGEX "(mpi_cxx|mpicxx|mpi\\+\\+)[^/]*$")
  add_library(MPI::MPI_C INTERFACE IMPORTED)
  target_link_libraries(MPI::MPI_C INTERFACE ${MPIForC_LIBRARIES})
  target_include_directories(MPI::MPI_C INTERFACE ${MPI_CXX_INCLUDE_DIRS})
  target_compile_definitions(MPI::MPI_C INTERFACE ${MPI_CXX_COMPILE_DEFINITIONS})
endif()
