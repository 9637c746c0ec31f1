# descent::onnx is descent::descent with what <descent/io/onnx.hpp> needs. There is none without protozero, whose headers
# are looked for by hand: not every package of it brings a config file.
find_path(DESCENT_PROTOZERO_INCLUDE_DIR protozero/version.hpp DOC "The folder with protozero/version.hpp")
mark_as_advanced(DESCENT_PROTOZERO_INCLUDE_DIR)
if(DESCENT_PROTOZERO_INCLUDE_DIR AND NOT TARGET descent::onnx)
  add_library(descent::onnx INTERFACE IMPORTED GLOBAL)
  set_target_properties(descent::onnx PROPERTIES
    INTERFACE_LINK_LIBRARIES descent::descent
    INTERFACE_INCLUDE_DIRECTORIES "${DESCENT_PROTOZERO_INCLUDE_DIR}")
endif()
