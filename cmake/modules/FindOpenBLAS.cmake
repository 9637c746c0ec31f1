# Finds OpenBLAS with the functions of its own, in any of its variants, and defines OpenBLAS::OpenBLAS. (The config file
# of OpenBLAS defines no target in some packages.)
set(suffixes openblas openblas-openmp openblas-pthread openblas-serial)
find_path(OpenBLAS_INCLUDE_DIR openblas_config.h PATH_SUFFIXES ${suffixes})
find_library(OpenBLAS_LIBRARY openblas PATH_SUFFIXES ${suffixes})
mark_as_advanced(OpenBLAS_INCLUDE_DIR OpenBLAS_LIBRARY)

include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(OpenBLAS REQUIRED_VARS OpenBLAS_LIBRARY OpenBLAS_INCLUDE_DIR)

if(OpenBLAS_FOUND AND NOT TARGET OpenBLAS::OpenBLAS)
  add_library(OpenBLAS::OpenBLAS UNKNOWN IMPORTED)
  set_target_properties(OpenBLAS::OpenBLAS PROPERTIES IMPORTED_LOCATION "${OpenBLAS_LIBRARY}")
  target_include_directories(OpenBLAS::OpenBLAS INTERFACE "${OpenBLAS_INCLUDE_DIR}")
endif()
