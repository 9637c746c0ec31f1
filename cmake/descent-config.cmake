# No version in the search: Eigen's version file takes "3.4" for "not 5", and a range up to 5 for "not 3.4.0".
if(NOT TARGET Eigen3::Eigen)
  include(CMakeFindDependencyMacro)
  find_dependency(Eigen3)
  if(Eigen3_VERSION VERSION_LESS 3.4)
    set(descent_FOUND FALSE)
    set(descent_NOT_FOUND_MESSAGE "descent needs Eigen 3.4 or newer; found ${Eigen3_VERSION} in ${Eigen3_DIR}")
    return()
  endif()
endif()

include("${CMAKE_CURRENT_LIST_DIR}/descent-targets.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/descent-gzip.cmake")
include("${CMAKE_CURRENT_LIST_DIR}/descent-backends.cmake")
