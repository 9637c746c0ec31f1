# The library, descent::descent, and its components. A component whose library is not found has no alias, and so cannot be
# linked, but is installed all the same: the machine of a user may have the library.
include(cmake/descent-components.cmake)

set(rebuild "")
if(PROJECT_IS_TOP_LEVEL)
  set(rebuild CONFIGURE_DEPENDS)
endif()
file(GLOB_RECURSE headers ${rebuild} ${PROJECT_SOURCE_DIR}/include/*.hpp)

# The headers that need a component's library; two backends share some. All others are those of descent::descent.
set(gzip_headers "/io/gzip\\.hpp$")
set(images_headers "/io/images[./]")
set(io_headers "/(io/(json_events|model_file|safetensors)|tables/(model_file|preprocess_json))[./]")
set(mpi_headers "/distributed[./]")
set(onnx_headers "/(io|tables)/onnx[./]")
set(openblas_headers "/backends/(openblas|one_thread)\\.hpp$")
set(onednn_headers "/backends/(onednn|one_thread|sgemm)\\.hpp$")
set(onednn_bf16_headers "/backends/(onednn_bf16|one_thread|sgemm)\\.hpp$")

# Adds the interface library TARGET, which is descent::NAME when it is installed, with the headers given.
function(descent_add_library target name)
  add_library(${target} INTERFACE)
  set_target_properties(${target} PROPERTIES EXPORT_NAME ${name})
  if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.23)
    target_sources(${target} INTERFACE FILE_SET HEADERS BASE_DIRS ${PROJECT_SOURCE_DIR}/include FILES ${ARGN})
  endif()
endfunction()

set(core_headers ${headers})
foreach(component IN LISTS descent_components)
  list(FILTER core_headers EXCLUDE REGEX "${${component}_headers}")
endforeach()
descent_add_library(descent descent ${core_headers})
add_library(descent::descent ALIAS descent)
target_compile_features(descent INTERFACE cxx_std_20)
target_include_directories(descent INTERFACE $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include>)
target_link_libraries(descent INTERFACE Eigen3::Eigen Threads::Threads)

foreach(component IN LISTS descent_components)
  set(own ${headers})
  list(FILTER own INCLUDE REGEX "${${component}_headers}")
  descent_add_library(descent_${component} ${component} ${own})
  descent_find_component(${component})
  target_link_libraries(descent_${component} INTERFACE descent ${descent_${component}_LIBRARIES})
  if(descent_${component}_FOUND)
    add_library(descent::${component} ALIAS descent_${component})
  else()
    # Its headers do not compile here.
    set_target_properties(descent_${component} PROPERTIES VERIFY_INTERFACE_HEADER_SETS OFF)
  endif()
endforeach()
# See the headers in descent/linalg/backends.
foreach(backend IN ITEMS openblas onednn onednn_bf16)
  target_compile_definitions(descent_${backend} INTERFACE DESCENT_BACKEND=${backend})
  # With this definition, only linalg/product.hpp may be the first to include them.
  set_target_properties(descent_${backend} PROPERTIES VERIFY_INTERFACE_HEADER_SETS OFF)
endforeach()

# These can be fetched when descent itself is built.
set(descent_io_FETCH ", or set DESCENT_IO=ON")
set(descent_onnx_FETCH ", or set DESCENT_ONNX=ON")
descent_report_components(${descent_components})
