# Compiles SOURCE, a wrong program. Its first line is `// expect: TEXT`, and TEXT must stand in the first lines of
# the compiler's complaint, where a user sees it. With -DDESCENT_COMPILES the fault is gone, and so is the complaint:
# the program fails for the planted reason and no other. A second line `// flags: FLAGS` is for faults that flags are.
cmake_minimum_required(VERSION 3.21)
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/take_line.cmake")

file(READ "${SOURCE}" text)
take_line(text line)
if(NOT line MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE}: the first line must be `// expect: TEXT`")
endif()
set(expected "${CMAKE_MATCH_1}")
set(flags "")  # if the fault is a flag
take_line(text line)
if(line MATCHES "^// flags: (.+)$")
  separate_arguments(flags UNIX_COMMAND "${CMAKE_MATCH_1}")
endif()

list(TRANSFORM INCLUDES PREPEND -isystem)
set(ENV{LC_ALL} C)
function(compile result complaint)
  execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only ${INCLUDES} ${ARGN} "${SOURCE}"
                  ERROR_VARIABLE errors RESULT_VARIABLE code)
  set(${result} ${code} PARENT_SCOPE)
  set(${complaint} "${errors}" PARENT_SCOPE)
endfunction()

compile(result complaint -DDESCENT_COMPILES)
if(NOT result EQUAL 0)
  message("${complaint}")
  message(FATAL_ERROR "${SOURCE}: does not compile with -DDESCENT_COMPILES, so it has a second fault.")
endif()

compile(result complaint ${flags})
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: compiles, but should not.")
endif()
set(rest "${complaint}")
string(REGEX REPLACE "(^|\n)In file included from [^\n]*(\n +from [^\n]*)*" "\\1" rest "${rest}")
# Newer compilers quote the user's code below each line of theirs.
string(REGEX REPLACE "\n +[0-9]* +\\|[^\n]*" "" rest "${rest}")
string(REGEX REPLACE "^\n+" "" rest "${rest}")
foreach(_ RANGE 1 8)
  take_line(rest line)
  string(FIND "${line}" "${expected}" at)
  if(NOT at EQUAL -1)
    return()
  endif()
endforeach()
message("${complaint}")
message(FATAL_ERROR "${SOURCE}: the first 8 lines of the complaint (above), its includes aside, do not say: ${expected}")
