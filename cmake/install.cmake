# SPDX-License-Identifier: Apache-2.0
# Install rules: libraries, headers, program, the CMake package and the pkg-config file.
include(CMakePackageConfigHelpers)

set(promoflow_cmake_dir "${CMAKE_INSTALL_LIBDIR}/cmake/promoflow")

set(promoflow_targets promoflow_shared promoflow_static promoflow_c)
foreach(name IN LISTS promoflow_components)
  list(APPEND promoflow_targets
    promoflow_${name}_shared promoflow_${name}_static promoflow_${name}_c)
endforeach()
foreach(target IN LISTS promoflow_targets)
  if(TARGET ${target})
    install(TARGETS ${target} EXPORT promoflow-targets
      RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR}
      LIBRARY DESTINATION ${CMAKE_INSTALL_LIBDIR}
      ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
  endif()
endforeach()
if(TARGET promoflow_store_conformance)
  install(TARGETS promoflow_store_conformance EXPORT promoflow-targets
    ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR})
endif()
install(DIRECTORY include/promoflow DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}
  FILES_MATCHING PATTERN "*.hpp")
if(PROMOFLOW_BUILD_CAPI)
  install(FILES capi/promoflow.h capi/promoflow_batch.h
    DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/promoflow)
  foreach(name IN LISTS promoflow_components)
    if(NOT EXISTS "${PROJECT_SOURCE_DIR}/capi/promoflow_${name}.h")
      continue()
    endif()
    install(FILES capi/promoflow_${name}.h DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/promoflow)
  endforeach()
endif()
install(EXPORT promoflow-targets NAMESPACE promoflow:: DESTINATION ${promoflow_cmake_dir})
if(TARGET promoflow_cli)
  install(TARGETS promoflow_cli RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})
  if(UNIX)
    include(cmake/shell.cmake)
  endif()
endif()
if(TARGET promoflow_supervisor)
  install(TARGETS promoflow_supervisor RUNTIME DESTINATION ${promoflow_libexec})
endif()
install(FILES LICENSE DESTINATION ${CMAKE_INSTALL_DOCDIR})

# What a linker that does not know C++ must be told: the C++ run-time library's names.
set(promoflow_runtime ${CMAKE_CXX_IMPLICIT_LINK_LIBRARIES})
list(FILTER promoflow_runtime INCLUDE REGEX "^(stdc\\+\\+|c\\+\\+|c\\+\\+abi|unwind|m)$")
list(REMOVE_DUPLICATES promoflow_runtime)
list(TRANSFORM promoflow_runtime PREPEND "-l" OUTPUT_VARIABLE promoflow_runtime_flags)
list(JOIN promoflow_runtime_flags " " promoflow_runtime_flags)

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
set(promoflow_pc_files promoflow)
if(TARGET promoflow_c)
  list(APPEND promoflow_pc_files promoflow_c)
endif()
foreach(name IN LISTS promoflow_components)
  list(APPEND promoflow_pc_files promoflow_${name})
  if(TARGET promoflow_${name}_c)
    list(APPEND promoflow_pc_files promoflow_${name}_c)
  endif()
endforeach()
foreach(name IN LISTS promoflow_pc_files)
  configure_file(cmake/${name}.pc.in ${name}.pc @ONLY)
  install(FILES ${CMAKE_CURRENT_BINARY_DIR}/${name}.pc
    DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
endforeach()
