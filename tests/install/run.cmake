# Builds and runs the project in this folder, which gets the library by WAY.
cmake_minimum_required(VERSION 3.21)

function(run)
  execute_process(COMMAND ${ARGV} COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK_DIR}")  # remove what an older version installed
set(prefix "${WORK_DIR}/prefix")
if(WAY MATCHES "^find_package$|component")
  run("${CMAKE_COMMAND}" --install "${DESCENT_BINARY_DIR}" --prefix "${prefix}" --config "${CONFIG}")
endif()

set(configure "${CMAKE_COMMAND}" -S "${CMAKE_CURRENT_LIST_DIR}" -B "${WORK_DIR}/build" -G "${GENERATOR}"
    "-DCMAKE_CXX_COMPILER=${COMPILER}" "-DCMAKE_PREFIX_PATH=${prefix}" "-DWAY=${WAY}"
    "-DDESCENT_SOURCE_DIR=${DESCENT_SOURCE_DIR}" "-DEigen3_DIR=${EIGEN_DIR}" "-DEIGEN_INCLUDE_DIR=${EIGEN_INCLUDE_DIR}")
if(WAY STREQUAL "missing_component")
  execute_process(COMMAND ${configure} RESULT_VARIABLE result ERROR_VARIABLE errors)
  string(REGEX REPLACE "[ \n]+" " " text "${errors}")  # CMake wraps lines
  foreach(expected IN ITEMS
      "descent::onnx: protozero not found; install libprotozero-dev (Debian), protozero-devel (Fedora) or protozero (Homebrew)"
      "descent::sparse: unknown component; choose from gzip, images, io, mpi, onnx, openblas, onednn, onednn_bf16")
    string(FIND "${text}" "${expected}" at)
    if(result EQUAL 0 OR at EQUAL -1)
      message(FATAL_ERROR "Expected an error with `${expected}`, got result ${result} and\n${errors}")
    endif()
  endforeach()
  return()
endif()

# Without CMake: the flags of pkg-config, and the library as a single file.
find_program(PKG_CONFIG pkg-config)
if(WAY STREQUAL "find_package" AND PKG_CONFIG)
  set(ENV{PKG_CONFIG_PATH} "${prefix}/share/pkgconfig")
  execute_process(COMMAND ${PKG_CONFIG} --exists eigen3 RESULT_VARIABLE no_eigen)
  if(NOT no_eigen)
    execute_process(COMMAND ${PKG_CONFIG} --cflags --libs descent OUTPUT_VARIABLE flags COMMAND_ERROR_IS_FATAL ANY)
    separate_arguments(flags UNIX_COMMAND "${flags}")
    run("${COMPILER}" -std=c++20 "${CMAKE_CURRENT_LIST_DIR}/main.cpp" ${flags} -o "${WORK_DIR}/by_pkg_config")
    run("${WORK_DIR}/by_pkg_config")
  endif()
endif()

find_program(PYTHON python3)
if(WAY STREQUAL "find_package" AND PYTHON AND EIGEN_INCLUDE_DIR AND UNIX)
  file(MAKE_DIRECTORY "${WORK_DIR}/single/descent")
  execute_process(COMMAND ${PYTHON} "${DESCENT_SOURCE_DIR}/scripts/amalgamate"
                  OUTPUT_FILE "${WORK_DIR}/single/descent/descent.hpp" COMMAND_ERROR_IS_FATAL ANY)
  run("${COMPILER}" -std=c++20 -I "${WORK_DIR}/single" -isystem "${EIGEN_INCLUDE_DIR}" -pthread
      "${CMAKE_CURRENT_LIST_DIR}/main.cpp" -o "${WORK_DIR}/by_single_file")
  run("${WORK_DIR}/by_single_file")
endif()

execute_process(COMMAND ${configure} COMMAND_ECHO STDOUT OUTPUT_VARIABLE output COMMAND_ERROR_IS_FATAL ANY)
message("${output}")
if(GENERATOR MATCHES "Ninja$|Makefiles" AND "$ENV{CMAKE_BUILD_TYPE}$ENV{CXXFLAGS}" STREQUAL ""
   AND NOT output MATCHES "descent: no CMAKE_BUILD_TYPE: programs are not optimized")
  message(FATAL_ERROR "Expected a message that the project has no build type")
endif()
run("${CMAKE_COMMAND}" --build "${WORK_DIR}/build")
if(WAY STREQUAL "components")
  run("${WORK_DIR}/build/consumer_io")
  return()
endif()
run("${WORK_DIR}/build/consumer")

if(NOT WAY STREQUAL "find_package")
  run("${CMAKE_COMMAND}" --install "${WORK_DIR}/build" --prefix "${prefix}")
  file(GLOB_RECURSE installed "${prefix}/*")
  if(installed AND NOT WAY STREQUAL "fetched_eigen")
    message(FATAL_ERROR "The library was only added, and was also installed: ${installed}")
  endif()
  if(WAY STREQUAL "fetched_eigen" AND NOT EXISTS "${prefix}/share/cmake/descent/descent-config.cmake")
    message(FATAL_ERROR "The library was not installed, although the project asked for it: ${installed}")
  endif()
endif()
