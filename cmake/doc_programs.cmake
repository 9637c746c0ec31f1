# Builds and runs the programs in a markdown file, so that what is published is known to work. A program is a
# block of C++ under a comment that the rendered page does not show:
#
#   <!-- program: first_steps -->
#   <!-- expect: accuracy: 0\.9 -->        (any number of these: see expect_output.cmake)
#   ```cpp
#   ...
#   ```
#
# Parts of a program are compiled, and do not run. All parts of one name are one program, in a function after
# `using namespace descent`; what they need besides, the comment says:
#
#   <!-- part of: images -->
#   <!-- given: DynamicSequential net; Dataset train; -->          (any number of these, too)
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

# Adds the programs of a page, and their tests. Programs that can be compiled as one are appended to `sources`, the
# targets of others to `alone`.
function(descent_read_doc_programs markdown)
  set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${markdown}")
  file(RELATIVE_PATH page "${PROJECT_SOURCE_DIR}" "${markdown}")
  file(READ "${markdown}" text)
  string(APPEND text "\n")  # the last line may lack it
  set(names "")
  while(text MATCHES "<!-- (program|part of): ")
    string(FIND "${text}" "${CMAKE_MATCH_0}" begin)
    string(SUBSTRING "${text}" ${begin} -1 text)

    take_line(text line)
    if(NOT line MATCHES "^<!-- (program|part of): ([A-Za-z0-9_]+) -->$")
      message(FATAL_ERROR "${page}: expected `<!-- program: NAME -->` or `<!-- part of: NAME -->`, got `${line}`")
    endif()
    set(kind ${CMAKE_MATCH_1})
    set(name ${CMAKE_MATCH_2})

    set(expected "")
    set(given "")
    take_line(text line)
    while(line MATCHES "^<!-- (expect|given): (.*) -->$")
      if(CMAKE_MATCH_1 STREQUAL "expect")
        string(APPEND expected "${CMAKE_MATCH_2}\n")
      else()
        string(APPEND given "${CMAKE_MATCH_2}\n")
      endif()
      take_line(text line)
    endwhile()

    string(FIND "${text}" "\n```\n" end)
    if(NOT line STREQUAL "```cpp" OR end EQUAL -1)
      message(FATAL_ERROR "${page}: no block of ```cpp right under the comment of `${name}`")
    endif()
    string(SUBSTRING "${text}" 0 ${end} code)

    if(kind STREQUAL "part of")
      list(APPEND names ${name})
      string(APPEND parts_of_${name} "${given}${code}\n")
      continue()
    endif()
    descent_add_doc_program(${name} "${code}")
    if(added)
      descent_write("${added}.txt" "${expected}")
      descent_add_program_test("docs: ${page}: ${name}" $<TARGET_FILE_DIR:descent_doc_programs>/${name} "${added}.txt")
    endif()
  endwhile()

  list(REMOVE_DUPLICATES names)
  foreach(name IN LISTS names)
    string(REGEX MATCHALL "#include [^\n]*" includes "${parts_of_${name}}")
    list(JOIN includes "\n" includes)
    string(REGEX REPLACE "#include [^\n]*" "" parts "${parts_of_${name}}")
    string(REPLACE "\n" "\n    " parts "${parts}")  # no line begins with the end of main
    descent_add_doc_program(${name} "#include <descent/descent.hpp>\n${includes}\nusing namespace descent;\n
int main() {
  _Pragma(\"GCC diagnostic push\") _Pragma(\"GCC diagnostic ignored \\\"-Wunused\\\"\")
  [[maybe_unused]] const auto only_compiled = [] {\n    ${parts}};
  _Pragma(\"GCC diagnostic pop\")
}")
  endforeach()
  set(sources "${sources}" PARENT_SCOPE)
  set(alone "${alone}" PARENT_SCOPE)
endfunction()

# Writes a program of `page` into a file, whose path without extension is put into `added`, and appends it to `sources`
# or `alone`. One for an optional part needs its library, or is left out. One that adds to the namespace of the library
# cannot be in a namespace of its own; nor need others link the libraries of images and MPI.
function(descent_add_doc_program name code)
  set(added "" PARENT_SCOPE)
  set(libraries "")
  foreach(part IN ITEMS io/onnx io/images distributed)
    if(code MATCHES "#include <descent/${part}")
      string(REGEX REPLACE ".*/" "" library ${part})
      string(REPLACE "distributed" "mpi" library ${library})
      if(NOT TARGET descent::${library})
        return()
      endif()
      list(APPEND libraries descent::${library})
    endif()
  endforeach()

  set(source "${CMAKE_CURRENT_BINARY_DIR}/doc_programs/${name}")
  descent_write("${source}.cpp" "// From ${page}.\n${code}\n")
  if(code MATCHES "\nnamespace descent|#include <descent/(io/images|distributed)")
    descent_add_program(${name} "${source}.cpp")
    target_link_libraries(${name} PRIVATE ${libraries})
    list(APPEND alone ${name})
    set(alone "${alone}" PARENT_SCOPE)
  else()
    list(APPEND sources "${source}.cpp")
    set(sources "${sources}" PARENT_SCOPE)
  endif()
  set(added "${source}" PARENT_SCOPE)
endfunction()
