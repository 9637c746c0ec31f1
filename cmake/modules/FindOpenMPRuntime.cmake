# Finds the library of OpenMP alone and defines OpenMPRuntime::OpenMPRuntime. The target of FindOpenMP also passes the
# flag of the compiler, with which Eigen would run on several threads.
find_package(OpenMP QUIET COMPONENTS CXX)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenMPRuntime REQUIRED_VARS OpenMP_CXX_FOUND)

if(OpenMPRuntime_FOUND AND NOT TARGET OpenMPRuntime::OpenMPRuntime)
  add_library(OpenMPRuntime::OpenMPRuntime INTERFACE IMPORTED)
  target_link_libraries(OpenMPRuntime::OpenMPRuntime INTERFACE ${OpenMP_CXX_LIBRARIES})
  target_include_directories(OpenMPRuntime::OpenMPRuntime INTERFACE ${OpenMP_CXX_INCLUDE_DIRS})
endif()
