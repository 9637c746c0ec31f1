# Every dependency is looked for on the machine first and fetched only when it is not there.
# (FetchContent's own FIND_PACKAGE_ARGS would do so from CMake 3.24 on.)
include(FetchContent)

# Fetches a repository without running its CMakeLists.txt: its options, tests and install rules stay out.
function(descent_fetch name repository tag)
  message(STATUS "${name} is not installed; fetching ${tag} from ${repository}")
  FetchContent_Declare(${name} GIT_REPOSITORY ${repository} GIT_TAG ${tag} GIT_SHALLOW ON
                       SOURCE_SUBDIR no-cmake-wanted)
  FetchContent_MakeAvailable(${name})
  set(${name}_SOURCE_DIR "${${name}_SOURCE_DIR}" PARENT_SCOPE)
  set(${name}_BINARY_DIR "${${name}_BINARY_DIR}" PARENT_SCOPE)
endfunction()

# A fetched header-only library becomes an imported target: its headers then count as system headers, and
# install(EXPORT) does not ask for it to be exported too.
function(descent_fetch_headers name target repository tag folder)
  descent_fetch(${name} ${repository} ${tag})
  add_library(${target} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${target} INTERFACE "${${name}_SOURCE_DIR}/${folder}")
endfunction()

function(descent_find_eigen)
  if(TARGET Eigen3::Eigen)
    return()  # the enclosing project brought its own
  endif()
  # No version here: Eigen's version file takes "3.4" for "not 5", and a range up to 5 for "not 3.4.0".
  find_package(Eigen3 QUIET)
  if(NOT TARGET Eigen3::Eigen)
    descent_fetch_headers(eigen Eigen3::Eigen https://gitlab.com/libeigen/eigen.git 5.0.1 "")
  elseif(Eigen3_VERSION VERSION_LESS 3.4)
    message(FATAL_ERROR
      "descent needs Eigen 3.4 or newer; found ${Eigen3_VERSION} in ${Eigen3_DIR}.\n"
      "Set Eigen3_ROOT to a newer one, or CMAKE_DISABLE_FIND_PACKAGE_Eigen3=ON to have it fetched.")
  endif()
endfunction()

function(descent_find_json)
  find_package(nlohmann_json 3.9 QUIET)
  if(NOT TARGET nlohmann_json::nlohmann_json)
    descent_fetch_headers(json nlohmann_json::nlohmann_json
                          https://github.com/nlohmann/json.git v3.11.3 include)
  endif()
endfunction()

function(descent_find_protozero)
  list(PREPEND CMAKE_MODULE_PATH "${PROJECT_SOURCE_DIR}/cmake/modules")
  find_package(Protozero QUIET)
  if(NOT TARGET Protozero::Protozero)
    descent_fetch_headers(protozero Protozero::Protozero https://github.com/mapbox/protozero.git v1.7.1 include)
  endif()
endfunction()

function(descent_find_cli11)
  find_package(CLI11 QUIET)
  if(NOT TARGET CLI11::CLI11)
    descent_fetch_headers(cli11 CLI11::CLI11 https://github.com/CLIUtils/CLI11.git v2.4.2 include)
  endif()
endfunction()

# Catch2 2.13.5 or newer (the first with Catch2WithMain), or 3. Sets `catch2_list`, the options with which a test
# program prints the names of its tests.
function(descent_find_catch2)
  find_package(Catch2 QUIET)
  if(NOT TARGET Catch2::Catch2WithMain)
    descent_fetch(catch2 https://github.com/catchorg/Catch2.git v3.7.1)
    add_subdirectory("${catch2_SOURCE_DIR}" "${catch2_BINARY_DIR}" EXCLUDE_FROM_ALL)
    set(Catch2_VERSION 3.7.1)
  endif()
  if(Catch2_VERSION VERSION_LESS 3)
    set(catch2_list "--list-test-names-only" PARENT_SCOPE)
  else()
    set(catch2_list "--list-tests --verbosity quiet" PARENT_SCOPE)
  endif()
endfunction()

function(descent_find_benchmark)
  find_package(benchmark QUIET)
  if(NOT TARGET benchmark::benchmark)
    descent_fetch(benchmark https://github.com/google/benchmark.git v1.8.3)
    set(BENCHMARK_ENABLE_TESTING OFF)
    set(BENCHMARK_ENABLE_INSTALL OFF)
    add_subdirectory("${benchmark_SOURCE_DIR}" "${benchmark_BINARY_DIR}" EXCLUDE_FROM_ALL)
  endif()
endfunction()
