# Asks the Catch2 program PROGRAM for its tests and writes a file for CTest, OUTPUT, with one test for each; with SPEC
# only for those that it matches. LIST are the options that make it print one name a line.
#
# Catch2's own catch_discover_tests would do, but that of version 2 loses or splits names with [ or ; in them: it
# keeps the names in a CMake list.
cmake_minimum_required(VERSION 3.21)
include("${CMAKE_CURRENT_LIST_DIR}/take_line.cmake")

separate_arguments(LIST)
# Version 2 returns the number of tests, so the result says nothing.
execute_process(COMMAND "${PROGRAM}" ${LIST} ${SPEC} OUTPUT_VARIABLE names ERROR_VARIABLE errors)
if(names STREQUAL "")
  message(FATAL_ERROR "${PROGRAM} lists no tests ${SPEC}\n${errors}")
endif()

set(tests "")
while(NOT names STREQUAL "")
  take_line(names name)
  # Characters with a meaning in Catch2's patterns.
  string(REGEX REPLACE "([],[\\])" "\\\\\\1" pattern "${name}")
  string(APPEND tests "add_test([==[${name}]==] [==[${PROGRAM}]==] [==[${pattern}]==])\n")
endwhile()
file(WRITE "${OUTPUT}" "${tests}")
