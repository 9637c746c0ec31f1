# Builds and runs the programs in a markdown file, so that what is published is known to work. A program is a
# block of C++ under a comment that the rendered page does not show:
#
#   <!-- program: first_steps -->
#   <!-- expect: accuracy: 0\.9 -->        (any number of these: see expect_output.cmake)
#   ```cpp
#   ...
#   ```
include("${CMAKE_CURRENT_LIST_DIR}/take_line.cmake")

# The target that builds them all.
add_custom_target(descent_doc_programs)

# Leaves the file alone when its content stays the same, so that nothing is rebuilt for it. (file(CONFIGURE) does so
# too, but replaces what looks like a variable of CMake's.)
function(descent_write path content)
  set(old "")
  if(EXISTS "${path}")
    file(READ "${path}" old)
  endif()
  if(NOT content STREQUAL old)
    file(WRITE "${path}" "${content}")
  endif()
endfunction()

function(descent_doc_programs markdown)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${markdown}")
  file(RELATIVE_PATH page "${PROJECT_SOURCE_DIR}" "${markdown}")
  file(READ "${markdown}" text)
  string(APPEND text "\n")  # the last line may lack it
  while(TRUE)
    string(FIND "${text}" "<!-- program: " begin)
    if(begin EQUAL -1)
      return()
    endif()
    string(SUBSTRING "${text}" ${begin} -1 text)

    take_line(text line)
    if(NOT line MATCHES "^<!-- program: ([A-Za-z0-9_]+) -->$")
      message(FATAL_ERROR "${page}: expected `<!-- program: NAME -->`, got `${line}`")
    endif()
    set(name ${CMAKE_MATCH_1})

    set(expected "")
    take_line(text line)
    while(line MATCHES "^<!-- expect: (.*) -->$")
      string(APPEND expected "${CMAKE_MATCH_1}\n")
      take_line(text line)
    endwhile()

    string(FIND "${text}" "\n```\n" end)
    if(NOT line STREQUAL "```cpp" OR end EQUAL -1)
      message(FATAL_ERROR "${page}: no block of ```cpp right under `<!-- program: ${name} -->`")
    endif()
    string(SUBSTRING "${text}" 0 ${end} code)

    # A program for an optional part needs its library.
    if(code MATCHES "#include <descent/io/onnx" AND NOT TARGET descent::onnx)
      continue()
    endif()

    set(source "${CMAKE_CURRENT_BINARY_DIR}/doc_programs/${name}")
    descent_write("${source}.cpp" "// From ${page}.\n${code}\n")
    descent_write("${source}.txt" "${expected}")
    descent_add_program(doc_${name} "${source}.cpp")
    add_dependencies(descent_doc_programs doc_${name})
    target_link_libraries(doc_${name} PRIVATE descent::io)
    if(TARGET descent::onnx)
      target_link_libraries(doc_${name} PRIVATE descent::onnx)
    endif()
    descent_add_program_test("docs: ${page}: ${name}" doc_${name} "${source}.txt")
  endwhile()
endfunction()
