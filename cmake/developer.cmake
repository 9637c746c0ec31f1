# How our own tests and examples are compiled. None of it reaches a user of the library.
include(CheckCXXCompilerFlag)

option(DESCENT_NATIVE "Compile tests and examples for this machine's processor" ${PROJECT_IS_TOP_LEVEL})
option(DESCENT_WERROR "Turn warnings in tests and examples into errors" OFF)
option(DESCENT_QUICK "Compile tests and examples for a short build, not for a fast program; ./dev test does" OFF)
set(DESCENT_SANITIZE "" CACHE STRING "Sanitizers for tests and examples: \"address,undefined\" or \"thread\"")

add_library(descent_developer INTERFACE)

if(MSVC)  # clang-cl too, for which -Wall is -Weverything
  target_compile_options(descent_developer INTERFACE /W4 /bigobj /utf-8 $<$<BOOL:${DESCENT_WERROR}>:/WX>)
else()
  target_compile_options(descent_developer INTERFACE -Wall -Wextra -Wpedantic -Wshadow -Wconversion
                                                     $<$<BOOL:${DESCENT_WERROR}>:-Werror>)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU" AND CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
  # g++ 12 warns of its own AVX-512 intrinsics (its bug 105593). Clang still looks for such faults in our code.
  target_compile_options(descent_developer INTERFACE -Wno-uninitialized -Wno-maybe-uninitialized)
endif()

if(DESCENT_NATIVE)
  check_cxx_compiler_flag(-march=native DESCENT_HAS_MARCH_NATIVE)
  if(DESCENT_HAS_MARCH_NATIVE)
    target_compile_options(descent_developer INTERFACE -march=native)
  endif()
endif()

if(DESCENT_QUICK)
  # They compute little and compile much: -O1 halves the time, and Eigen 5 without its kernel for AVX-512 once more.
  # The build type brings -O0 and what a debugger needs.
  target_compile_options(descent_developer INTERFACE
    $<$<AND:$<CONFIG:Release>,$<CXX_COMPILER_ID:GNU,Clang,AppleClang>>:-O1>)
  target_compile_definitions(descent_developer INTERFACE EIGEN_USE_AVX512_GEMM_KERNELS=0)
  # g++ collects garbage after 1 GB instead of 128 MB, which saves a tenth of its time.
  target_compile_options(descent_developer INTERFACE $<$<CXX_COMPILER_ID:GNU>:--param=ggc-min-heapsize=1000000>)
endif()

if(DESCENT_SANITIZE)
  # Without recovery, so that undefined behaviour fails a test instead of only being printed.
  set(flags -fsanitize=${DESCENT_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_compile_options(descent_developer INTERFACE ${flags})
  target_link_options(descent_developer INTERFACE ${flags})
  if(DESCENT_SANITIZE MATCHES "address" AND CMAKE_SYSTEM_NAME STREQUAL "Linux")
    # Each of a thousand tests is a process, which then has no addresses to relocate.
    target_compile_options(descent_developer INTERFACE -fno-pie)
    target_link_options(descent_developer INTERFACE -no-pie)
  endif()
endif()

# Templates that many tests and programs instantiate alike, such as the registry of all layers, are compiled once: the
# precompiled headers declare them `extern`, and this library defines them.
set(descent_instance_headers "")
if(TARGET descent::io)
  add_library(descent_instances STATIC EXCLUDE_FROM_ALL ${PROJECT_SOURCE_DIR}/tests/instances/instances.cpp)
  target_include_directories(descent_instances PRIVATE ${PROJECT_SOURCE_DIR}/tests)
  target_link_libraries(descent_instances PRIVATE descent::io descent_developer)
  list(APPEND descent_instance_headers ${PROJECT_SOURCE_DIR}/tests/instances/io.hpp)
  if(TARGET descent::onnx)
    target_link_libraries(descent_instances PRIVATE descent::onnx)
    target_compile_definitions(descent_instances PRIVATE DESCENT_INSTANCES_ONNX)
    list(APPEND descent_instance_headers ${PROJECT_SOURCE_DIR}/tests/instances/onnx.hpp)
  endif()
endif()

# Precompiled headers that several targets reuse, which must be compiled alike: descent_developer and nothing else.
function(descent_add_precompiled name)
  set(source ${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp)
  file(CONFIGURE OUTPUT ${source} CONTENT "")
  add_library(${name} OBJECT EXCLUDE_FROM_ALL ${source})
  target_link_libraries(${name} PRIVATE descent::descent descent_developer)
  target_precompile_headers(${name} PRIVATE ${ARGN} ${descent_instance_headers})
  foreach(library IN ITEMS descent::io descent::onnx)
    if(TARGET ${library})
      target_link_libraries(${name} PRIVATE ${library})
    endif()
  endforeach()
endfunction()

# Compiles the functions of a precompiled header once, in place of once with each source that uses it, which takes half of
# the time. Only clang++ can. It is for sanitizers, with which functions are large and are not inlined.
function(descent_compile_precompiled name)
  target_compile_options(${name} PRIVATE -fpch-codegen)
  set(precompiled ${CMAKE_CURRENT_BINARY_DIR}/CMakeFiles/${name}.dir/cmake_pch.hxx.pch)
  set(object ${CMAKE_CURRENT_BINARY_DIR}/${name}.pch${CMAKE_CXX_OUTPUT_EXTENSION})
  string(TOUPPER "${CMAKE_BUILD_TYPE}" type)
  separate_arguments(flags UNIX_COMMAND "${CMAKE_CXX_FLAGS} ${CMAKE_CXX_FLAGS_${type}}")
  list(APPEND flags -ffunction-sections -fdata-sections)  # functions that nothing calls may lack others
  add_custom_command(OUTPUT ${object} DEPENDS ${name} ${precompiled} VERBATIM COMMAND_EXPAND_LISTS
                     COMMAND ${CMAKE_CXX_COMPILER} ${flags} $<TARGET_PROPERTY:descent_developer,INTERFACE_COMPILE_OPTIONS>
                             -c ${precompiled} -o ${object})
  add_library(${name}_functions STATIC EXCLUDE_FROM_ALL ${object})
  set_target_properties(${name}_functions PROPERTIES LINKER_LANGUAGE CXX)
  target_link_options(${name}_functions INTERFACE LINKER:--gc-sections)
endfunction()

function(descent_reuse_precompiled target name)
  if(TARGET ${name})
    target_precompile_headers(${target} REUSE_FROM ${name})
    foreach(library IN ITEMS ${name}_functions descent_instances)
      if(TARGET ${library})
        target_link_libraries(${target} PRIVATE ${library})
      endif()
    endforeach()
  endif()
endfunction()

if(DESCENT_QUICK)
  descent_add_precompiled(descent_precompiled_program <descent/descent.hpp> <iostream>)
endif()

# Sets DESCENT_NODE, and DESCENT_ONNXRUNTIME_MODULES to the folder of node's modules where `./dev check` installed
# onnxruntime; to nothing where it did not.
function(descent_find_onnxruntime)
  find_program(DESCENT_NODE node)
  set(modules "${PROJECT_SOURCE_DIR}/build/node/node_modules")
  if(NOT DESCENT_NODE OR NOT EXISTS "${modules}/onnxruntime-node")
    set(modules "")
  endif()
  set(DESCENT_ONNXRUNTIME_MODULES "${modules}" PARENT_SCOPE)
endfunction()
