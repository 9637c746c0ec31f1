# Programs as a user would write them: the examples, and the programs in the documentation.

# Adds the program of one source file.
function(descent_add_program name source)
  add_executable(${name} ${source})
  target_link_libraries(${name} PRIVATE descent::descent descent_developer)
  cmake_path(ABSOLUTE_PATH source)
  set_property(GLOBAL APPEND PROPERTY DESCENT_PROGRAMS ${source})  # for standalone.cmake
  descent_reuse_precompiled(${name} descent_precompiled_program)
endfunction()

# Writes into `joined` one program that has those of several source files, each in a namespace of its own. That requires
# that its includes come before, and that its main, which in a namespace is a function like any other, returns a value.
# Its own name chooses which of them it runs.
function(descent_join_programs joined)
  set(includes "#include <filesystem>")
  set(programs "")
  set(calls "")
  foreach(source IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH source)
    set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS "${source}")
    cmake_path(GET source STEM stem)
    file(READ "${source}" code)

    string(REGEX MATCHALL "\n#[^\n]*" lines "\n${code}")
    string(APPEND includes ${lines})

    string(FIND "${code}" "\nint main(" begin)
    string(SUBSTRING "${code}" ${begin} -1 main)
    string(FIND "${main}" "\n}" end)
    if(main MATCHES "^(\nint main\\([^\n]*)}\n")  # a main of one line
      string(LENGTH "${CMAKE_MATCH_1}" end)
    endif()
    math(EXPR end "${begin} + ${end}")
    string(SUBSTRING "${code}" 0 ${end} until_end)
    string(SUBSTRING "${code}" ${end} -1 rest)
    string(APPEND programs "namespace program_${stem} {\n#line 1 \"${source}\"\n${until_end}\nreturn 0;${rest}}\n\n")

    set(args "")
    if(main MATCHES "^\nint main\\(int ")
      set(args "argc, argv")
    endif()
    string(APPEND calls "  if (name == \"${stem}\") return program_${stem}::main(${args});\n")
  endforeach()
  descent_write("${joined}" "${includes}\n\n${programs}int main(int argc, char** argv) {
  const std::string name = argc > 0 ? std::filesystem::path{argv[0]}.stem().string() : \"\";\n${calls}  return 2;\n}\n")
endfunction()

# Adds the programs of several source files as one, `name`, with a link for each, whose name chooses it. They use the
# same templates, so that compiling them together takes a third of the time.
function(descent_add_joined_programs name)
  set(source "${CMAKE_CURRENT_BINARY_DIR}/${name}.cpp")
  descent_join_programs("${source}" ${ARGN})
  set(links "")
  foreach(program IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH program)
    cmake_path(GET program STEM stem)
    set_property(GLOBAL APPEND PROPERTY DESCENT_PROGRAMS ${program})  # for standalone.cmake
    list(APPEND links COMMAND ${CMAKE_COMMAND} -E create_hardlink $<TARGET_FILE:${name}>
                              $<TARGET_FILE_DIR:${name}>/${stem}$<TARGET_FILE_SUFFIX:${name}>)
  endforeach()
  add_executable(${name} "${source}")
  add_custom_command(TARGET ${name} POST_BUILD ${links} VERBATIM)
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE descent::descent descent_developer)
  descent_reuse_precompiled(${name} descent_precompiled_program)
endfunction()

# A test that runs PROGRAM with the repository as working directory, by the command of further arguments if there are
# any. It must succeed, and its output must match the lines of the file EXPECTED (see expect_output.cmake), if there is
# one.
function(descent_add_program_test name program expected)
  add_test(NAME ${name} WORKING_DIRECTORY "${PROJECT_SOURCE_DIR}"
           COMMAND ${CMAKE_COMMAND} -D PROGRAM=${program} -D EXPECTED=${expected} -D "LAUNCHER=${ARGN}"
                   -P "${PROJECT_SOURCE_DIR}/cmake/expect_output.cmake")
endfunction()

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

# The environment of tests that start several processes by MPI: as root, more than there are cores, and a process that waits
# leaves its core to another.
set(DESCENT_MPI_ENVIRONMENT OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1
                            OMPI_MCA_rmaps_base_oversubscribe=1 OMPI_MCA_mpi_yield_when_idle=1
                            OMPI_MCA_hwloc_base_binding_policy=none)
