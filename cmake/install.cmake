# SPDX-License-Identifier: Apache-2.0
# Install rules: libraries, headers, program, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

set(promoflow_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/promoflow")

install(TARGETS promoflow_shared promoflow_static EXPORT promoflow-targets
  RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
  LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
  ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
if(TARGET promoflow_process_shared)
  install(TARGETS promoflow_process_shared promoflow_process_static EXPORT promoflow-targets
    RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
    LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY include/promoflow DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
if(PROMOFLOW_BUILD_CAPI)
  install(FILES capi/promoflow.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/promoflow)
  if(TARGET promoflow_process_shared)
    install(FILES capi/promoflow_process.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/promoflow)
  endif()
endif()
install(EXPORT promoflow-targets NAMESPACE promoflow:: DESTINATION ${promoflow_cmake_dir})
if(TARGET promoflow_cli)
  install(TARGETS promoflow_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

configure_package_config_file(cmake/promoflow-config.cmake.in promoflow-config.cmake
  INSTALL_DESTINATION ${promoflow_cmake_dir} NO_SET_AND_CHECK_MACRO
  NO_CHECK_REQUIRED_COMPONENTS_MACRO)
write_basic_package_version_file(promoflow-config-version.cmake
  COMPATIBILITY SameMinorVersion)  # 0.x: each minor version may change the interface.
install(FILES
  ${CMAKE_CURRENT_BINARY_DIR}/promoflow-config.cmake
  ${CMAKE_CURRENT_BINARY_DIR}/promoflow-config-version.cmake
  cmake/FindLibYaml.cmake
  DESTINATION ${promoflow_cmake_dir})

# Relative to the .pc file's own place, so `cmake --install --prefix` may move the whole.
file(RELATIVE_PATH promoflow_pc_to_prefix
  "${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig" "${CMAKE_INSTALL_PREFIX}")
string(REGEX REPLACE "/$" "" promoflow_pc_to_prefix "${promoflow_pc_to_prefix}")
configure_file(cmake/promoflow.pc.in promoflow.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/promoflow.pc
  DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
if(TARGET promoflow_process_shared)
  configure_file(cmake/promoflow_process.pc.in promoflow_process.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/promoflow_process.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endif()
