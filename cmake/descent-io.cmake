# descent::io is descent::descent with what the headers in <descent/io> need. There is none without nlohmann_json,
# which is fetched for DESCENT_IO=ON and for our own tests.
find_package(nlohmann_json 3.9 QUIET)
if(NOT TARGET nlohmann_json::nlohmann_json AND COMMAND descent_find_json AND (DESCENT_IO OR DESCENT_BUILD_TESTS))
  descent_find_json()
endif()
if(TARGET nlohmann_json::nlohmann_json AND NOT TARGET descent::io)
  # The headers by their path: the target of nlohmann_json is known only where it was looked for.
  get_target_property(descent_json_include_dirs nlohmann_json::nlohmann_json INTERFACE_INCLUDE_DIRECTORIES)
  add_library(descent::io INTERFACE IMPORTED GLOBAL)
  set_target_properties(descent::io PROPERTIES
    INTERFACE_LINK_LIBRARIES descent::descent
    INTERFACE_INCLUDE_DIRECTORIES "${descent_json_include_dirs}")
endif()
