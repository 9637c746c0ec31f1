# Compiles SOURCE, an invalid program, with the flag UP_TO_FIRST_ERROR if there is one. Its first line is `// expect: TEXT`,
# and TEXT must be in the first lines of the compiler output, where a user sees it. A second line `// flags: FLAGS` passes
# FLAGS to the compiler, for errors that flags cause. PRECOMPILED is a header, precompiled beside it, that includes
# <descent/descent.hpp>.
cmake_minimum_required(VERSION 3.21)
include("${CMAKE_CURRENT_LIST_DIR}/../../cmake/take_line.cmake")

file(READ "${SOURCE}" text)
take_line(text line)
if(NOT line MATCHES "^// expect: (.+)$")
  message(FATAL_ERROR "${SOURCE}: the first line must be `// expect: TEXT`")
endif()
set(expected "${CMAKE_MATCH_1}")
set(flags "")
take_line(text line)
if(line MATCHES "^// flags: (.+)$")
  separate_arguments(flags UNIX_COMMAND "${CMAKE_MATCH_1}")
endif()

# With flags of its own a program cannot use the precompiled header.
set(precompiled "")
if(flags STREQUAL "" AND text MATCHES "#include <descent/descent.hpp>")
  set(precompiled -include "${PRECOMPILED}")
endif()

list(TRANSFORM INCLUDES PREPEND -isystem)
set(ENV{LC_ALL} C)
execute_process(COMMAND "${COMPILER}" -std=c++20 -fsyntax-only ${UP_TO_FIRST_ERROR} ${INCLUDES} ${precompiled} ${flags}
                        "${SOURCE}"
                ERROR_VARIABLE output RESULT_VARIABLE result)
if(result EQUAL 0)
  message(FATAL_ERROR "${SOURCE}: expected a compile error, got none")
endif()
set(rest "${output}")
string(REGEX REPLACE "(^|\n)In file included from [^\n]*(\n +from [^\n]*)*" "\\1" rest "${rest}")
# Newer compilers quote the source below each message.
string(REGEX REPLACE "\n +[0-9]* +\\|[^\n]*" "" rest "${rest}")
string(REGEX REPLACE "^\n+" "" rest "${rest}")
foreach(_ RANGE 1 8)
  take_line(rest line)
  string(FIND "${line}" "${expected}" at)
  if(NOT at EQUAL -1)
    return()
  endif()
endforeach()
message("${output}")
message(FATAL_ERROR "${SOURCE}: expected in the first 8 lines of the output above, without include lines: ${expected}")
