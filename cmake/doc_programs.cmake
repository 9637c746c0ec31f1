# Builds and runs the programs in a markdown file, so that what is published is known to work. A program is a
# block of C++ under a comment that the rendered page does not show:
#
#   <!-- program: first_steps -->
#   <!-- expect: accuracy: 0\.9 -->        (any number of these: see expect_output.cmake)
#   ```cpp
#   ...
#   ```
include("${CMAKE_CURRENT_LIST_DIR}/take_line.cmake")

# Adds the programs of the pages, and their tests. The target descent_doc_programs builds them.
function(descent_doc_programs)
  set(sources "")
  set(alone "")
  foreach(page IN LISTS ARGN)
    descent_read_doc_programs("${page}")
  endforeach()
  descent_add_joined_programs(descent_doc_programs ${sources})
  target_link_libraries(descent_doc_programs PRIVATE descent::io)
  if(TARGET descent::onnx)
    target_link_libraries(descent_doc_programs PRIVATE descent::onnx)
  endif()
  add_dependencies(descent_doc_programs ${alone})
  set_target_properties(descent_doc_programs ${alone} PROPERTIES
                        RUNTIME_OUTPUT_DIRECTORY "${CMAKE_CURRENT_BINARY_DIR}/doc_programs")
endfunction()

# Writes the programs of a page into files, adds their tests, and appends the files to `sources`. A program that adds to
# the namespace of the library cannot be in one of its own: it is compiled alone, and its target appended to `alone`.
function(descent_read_doc_programs markdown)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${markdown}")
  file(RELATIVE_PATH page "${PROJECT_SOURCE_DIR}" "${markdown}")
  file(READ "${markdown}" text)
  string(APPEND text "\n")  # the last line may lack it
  while(TRUE)
    string(FIND "${text}" "<!-- program: " begin)
    if(begin EQUAL -1)
      set(sources "${sources}" PARENT_SCOPE)
      set(alone "${alone}" PARENT_SCOPE)
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
    if(code MATCHES "\nnamespace descent")
      descent_add_program(${name} "${source}.cpp")
      list(APPEND alone ${name})
    else()
      list(APPEND sources "${source}.cpp")
    endif()
    descent_add_program_test("docs: ${page}: ${name}" $<TARGET_FILE_DIR:descent_doc_programs>/${name} "${source}.txt")
  endwhile()
endfunction()
