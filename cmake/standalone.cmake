# Every header, example and program in the documentation compiles by itself, with the includes that it has: the target
# descent_standalone, which is only built when asked for. (Tests and `./dev test` use precompiled headers, which hide a
# missing include; here, only Eigen is precompiled.)
file(GLOB_RECURSE headers CONFIGURE_DEPENDS RELATIVE ${PROJECT_SOURCE_DIR}/include
     ${PROJECT_SOURCE_DIR}/include/*.hpp)
if(NOT TARGET descent::gzip)
  list(REMOVE_ITEM headers descent/io/gzip.hpp)
endif()
if(NOT TARGET descent::onnx)
  list(FILTER headers EXCLUDE REGEX "^descent/io/onnx[./]")
endif()
# Headers of backends need their libraries; their own tests include them.
list(FILTER headers EXCLUDE REGEX "^descent/linalg/backends/")
set(sources "")
foreach(header IN LISTS headers)
  set(source ${PROJECT_BINARY_DIR}/standalone/${header}.cpp)
  set(content "#include \"${header}\"\n#include \"${header}\"\n")  # twice: it has a guard
  file(STRINGS ${PROJECT_SOURCE_DIR}/include/${header} in_namespace REGEX "inline DESCENT_ABI")
  if(in_namespace)  # which would have this name, were it not defined
    string(APPEND content "#ifndef DESCENT_ABI\n#error \"include descent/core/version.hpp\"\n#endif\n")
  endif()
  file(CONFIGURE OUTPUT ${source} CONTENT "${content}")
  list(APPEND sources ${source})
endforeach()
get_property(programs GLOBAL PROPERTY DESCENT_PROGRAMS)

add_library(descent_standalone OBJECT EXCLUDE_FROM_ALL ${sources} ${programs})
target_compile_options(descent_standalone PRIVATE -O0)
target_precompile_headers(descent_standalone PRIVATE <Eigen/Core>)
target_link_libraries(descent_standalone PRIVATE descent::io descent_developer)
foreach(library IN ITEMS descent::onnx CLI11::CLI11)
  if(TARGET ${library})
    target_link_libraries(descent_standalone PRIVATE ${library})
  endif()
endforeach()
target_compile_definitions(descent_standalone PRIVATE EXAMPLES_DATA="")
if(TARGET descent::gzip)
  target_compile_definitions(descent_standalone PRIVATE EXAMPLES_HAVE_ZLIB)
endif()
