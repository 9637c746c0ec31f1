include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Nothing installed depends on the architecture, so the package files are in share/.
set(package_dir ${CMAKE_INSTALL_DATADIR}/cmake/descent)

if(CMAKE_VERSION VERSION_GREATER_EQUAL 3.23)
  set(header_set FILE_SET HEADERS)
else()
  set(header_set "")
  install(DIRECTORY include/descent DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
endif()
install(TARGETS descent EXPORT descent-targets ${header_set} INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(EXPORT descent-targets NAMESPACE descent:: DESTINATION ${package_dir})
# A file for each component, since a project reads only those whose libraries it finds.
foreach(component IN LISTS descent_components)
  install(TARGETS descent_${component} EXPORT descent-${component}-targets ${header_set})
  install(EXPORT descent-${component}-targets NAMESPACE descent:: DESTINATION ${package_dir})
endforeach()

# Before 1.0 a minor version may break its users.
write_basic_package_version_file(descent-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/descent-config.cmake cmake/descent-components.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/descent-config-version.cmake
        DESTINATION ${package_dir})
install(DIRECTORY cmake/modules DESTINATION ${package_dir})

# For other build systems. Its paths are relative to the file, so that the folder can be moved.
set(pkgconfig_dir ${CMAKE_INSTALL_DATADIR}/pkgconfig)
cmake_path(RELATIVE_PATH CMAKE_INSTALL_PREFIX BASE_DIRECTORY "${CMAKE_INSTALL_PREFIX}/${pkgconfig_dir}"
           OUTPUT_VARIABLE descent_prefix_from_pc)
configure_file(packaging/descent.pc.in descent.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/descent.pc DESTINATION ${pkgconfig_dir})
