# SPDX-License-Identifier: Apache-2.0
# Defines LibYaml::LibYaml. libyaml's own CMake package (vcpkg, a source build) is taken first;
# Debian ships none, so then the header and the library are looked for.
include(FindPackageHandleStandardArgs)

find_package(yaml CONFIG QUIET)
if(TARGET yaml)
  set(LibYaml_LIBRARY yaml)
  if(NOT TARGET LibYaml::LibYaml)
    add_library(LibYaml::LibYaml INTERFACE IMPORTED)
    target_link_libraries(LibYaml::LibYaml INTERFACE yaml)
  endif()
  find_package_handle_standard_args(LibYaml REQUIRED_VARS LibYaml_LIBRARY)
  return()
endif()

find_package(PkgConfig QUIET)
if(PkgConfig_FOUND)
  pkg_check_modules(PC_LibYaml QUIET yaml-0.1)
endif()
find_path(LibYaml_INCLUDE_DIR yaml.h HINTS ${PC_LibYaml_INCLUDE_DIRS})
find_library(LibYaml_LIBRARY yaml HINTS ${PC_LibYaml_LIBRARY_DIRS})
mark_as_advanced(LibYaml_INCLUDE_DIR LibYaml_LIBRARY)
find_package_handle_standard_args(LibYaml REQUIRED_VARS LibYaml_LIBRARY LibYaml_INCLUDE_DIR)

if(LibYaml_FOUND AND NOT TARGET LibYaml::LibYaml)
  add_library(LibYaml::LibYaml UNKNOWN IMPORTED)
  set_target_properties(LibYaml::LibYaml PROPERTIES
    IMPORTED_LOCATION "${LibYaml_LIBRARY}"
    INTERFACE_INCLUDE_DIRECTORIES "${LibYaml_INCLUDE_DIR}")
endif()
