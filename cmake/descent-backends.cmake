# descent::openblas, descent::onednn and descent::onednn_bf16 are descent::descent with the matrix products of
# another library; see the headers in descent/backends. There is none without its library, or without OpenMP.
# All parts of a program link the same one.
set(descent_openblas_suffixes openblas openblas-openmp openblas-pthread openblas-serial)
find_path(DESCENT_OPENBLAS_INCLUDE_DIR openblas_config.h PATH_SUFFIXES ${descent_openblas_suffixes})
find_library(DESCENT_OPENBLAS_LIBRARY openblas PATH_SUFFIXES ${descent_openblas_suffixes})
# By hand: Debian's CMake files for oneDNN demand OpenCL.
find_path(DESCENT_ONEDNN_INCLUDE_DIR oneapi/dnnl/dnnl.h)
find_library(DESCENT_ONEDNN_LIBRARY dnnl)
mark_as_advanced(DESCENT_OPENBLAS_INCLUDE_DIR DESCENT_OPENBLAS_LIBRARY
                 DESCENT_ONEDNN_INCLUDE_DIR DESCENT_ONEDNN_LIBRARY)

function(descent_add_backend name include_dir library)
  if(TARGET descent::${name} OR NOT include_dir OR NOT library)
    return()
  endif()
  # Only its library, to keep the others at one thread: with its flags Eigen would run on several.
  find_package(OpenMP QUIET COMPONENTS CXX)
  if(OpenMP_CXX_FOUND)
    add_library(descent::${name} INTERFACE IMPORTED GLOBAL)
    set_target_properties(descent::${name} PROPERTIES
      INTERFACE_LINK_LIBRARIES "descent::descent;${library};${OpenMP_CXX_LIBRARIES}"
      INTERFACE_INCLUDE_DIRECTORIES "${include_dir};${OpenMP_CXX_INCLUDE_DIRS}"
      INTERFACE_COMPILE_DEFINITIONS "DESCENT_BACKEND=\"descent/linalg/backends/${name}.hpp\"")
  endif()
endfunction()
descent_add_backend(openblas "${DESCENT_OPENBLAS_INCLUDE_DIR}" "${DESCENT_OPENBLAS_LIBRARY}")
descent_add_backend(onednn "${DESCENT_ONEDNN_INCLUDE_DIR}" "${DESCENT_ONEDNN_LIBRARY}")
descent_add_backend(onednn_bf16 "${DESCENT_ONEDNN_INCLUDE_DIR}" "${DESCENT_ONEDNN_LIBRARY}")
