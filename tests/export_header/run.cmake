# Runs WRITER in WORK_DIR, which writes headers and main.cpp, compiles main.cpp as a program for a small machine would be, and
# runs it. With PROGRAM, that file is compiled in place of main.cpp;
# with MAX_CODE, the stripped program has at most so many bytes.
cmake_minimum_required(VERSION 3.21)
file(REMOVE_RECURSE "${WORK_DIR}")
file(MAKE_DIRECTORY "${WORK_DIR}")

function(run)
  execute_process(COMMAND ${ARGV} WORKING_DIRECTORY "${WORK_DIR}" COMMAND_ECHO STDOUT COMMAND_ERROR_IS_FATAL ANY)
endfunction()

run(${WRITER})
if(NOT DEFINED PROGRAM)
  set(PROGRAM main.cpp)
endif()
set(libraries "")
if(CMAKE_HOST_SYSTEM_NAME STREQUAL "Linux")
  set(libraries -nodefaultlibs -lc -lm -lgcc)  # no C++ library
endif()
run(${COMPILER} -std=c++20 -Os -fno-exceptions -fno-rtti -Wall -Wextra -Wpedantic -Werror -I . "${PROGRAM}" ${libraries}
    -s -o program)
run("${WORK_DIR}/program")
if(DEFINED MAX_CODE)
  file(SIZE "${WORK_DIR}/program" size)
  if(size GREATER MAX_CODE)
    message(FATAL_ERROR "Expected a program of at most ${MAX_CODE} bytes, got ${size}")
  endif()
endif()
