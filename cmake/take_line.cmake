# Moves the first line of the variable named `text_name` to the one named `line_name`. Text that people wrote cannot
# be handled as a CMake list of lines: semicolons and brackets would join or split them.
function(take_line text_name line_name)
  set(all "${${text_name}}")
  string(FIND "${all}" "\n" end)
  string(SUBSTRING "${all}" 0 ${end} first)
  set(rest "")
  if(NOT end EQUAL -1)
    math(EXPR end "${end} + 1")
    string(SUBSTRING "${all}" ${end} -1 rest)
  endif()
  set(${line_name} "${first}" PARENT_SCOPE)
  set(${text_name} "${rest}" PARENT_SCOPE)
endfunction()
