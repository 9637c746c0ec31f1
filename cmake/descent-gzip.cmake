# descent::gzip is descent::descent with what <descent/io/gzip.hpp> needs. There is none without zlib.
find_package(ZLIB QUIET)
if(ZLIB_FOUND AND NOT TARGET descent::gzip)
  # The library by its path: ZLIB::ZLIB itself is known only where it was looked for.
  add_library(descent::gzip INTERFACE IMPORTED GLOBAL)
  set_target_properties(descent::gzip PROPERTIES
    INTERFACE_LINK_LIBRARIES "descent::descent;${ZLIB_LIBRARIES}"
    INTERFACE_INCLUDE_DIRECTORIES "${ZLIB_INCLUDE_DIRS}")
endif()
