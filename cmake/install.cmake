include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Nothing installed depends on the architecture, so the package files live under share/.
set(descent_package_dir ${CMAKE_INSTALL_DATADIR}/cmake/descent)

install(TARGETS descent EXPORT descent-targets INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(DIRECTORY include/descent DESTINATION ${CMAKE_INSTALL_INCLUDEDIR} FILES_MATCHING PATTERN "*.hpp")
install(EXPORT descent-targets NAMESPACE descent:: DESTINATION ${descent_package_dir})

# Before 1.0 a minor version may break its users.
write_basic_package_version_file(descent-config-version.cmake COMPATIBILITY SameMinorVersion ARCH_INDEPENDENT)
install(FILES cmake/descent-config.cmake cmake/descent-components.cmake cmake/descent-gzip.cmake cmake/descent-io.cmake
              cmake/descent-onnx.cmake cmake/descent-backends.cmake
              ${CMAKE_CURRENT_BINARY_DIR}/descent-config-version.cmake
        DESTINATION ${descent_package_dir})
