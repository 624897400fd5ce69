# SPDX-License-Identifier: Apache-2.0
# Shared libraries, and what of them may break (docs/versioning.md):
#
#   libpromoflow.so.MAJOR.MINOR    C++ and C: each minor version may break the C++ interface
#   libpromoflow_c.so.ABI_MAJOR    C alone: stays as it is while PROMOFLOW_ABI_MAJOR does
#
# The two are the same code. Their symbols have versions, so that in a process that loads both, no
# handle of one gets to the other.
file(STRINGS capi/promoflow.h promoflow_abi_major REGEX "^#define PROMOFLOW_ABI_MAJOR ")
string(REGEX MATCH "[0-9]+" promoflow_abi_major "${promoflow_abi_major}")
set(promoflow_minor_version "${PROJECT_VERSION_MAJOR}.${PROJECT_VERSION_MINOR}")

# Hidden visibility does not reach the standard library's templates; a map does.
set(promoflow_has_maps OFF)
if(UNIX AND NOT APPLE)
  set(promoflow_has_maps ON)
endif()

# promoflow_shared_library(TARGET SOVERSION MAP): what all shared libraries have in common.
function(promoflow_shared_library target soversion map)
  set_target_properties(${target} PROPERTIES VERSION ${PROJECT_VERSION} SOVERSION ${soversion})
  target_link_libraries(${target} PRIVATE LibYaml::LibYaml Threads::Threads)
  if(promoflow_has_maps)
    set(file "${PROJECT_BINARY_DIR}/${map}")
    configure_file("${PROJECT_SOURCE_DIR}/cmake/${map}.in" "${file}" @ONLY)
    target_link_options(${target} PRIVATE
      "LINKER:--version-script=${file}" "LINKER:--exclude-libs,ALL")
    set_target_properties(${target} PROPERTIES LINK_DEPENDS "${file}")
  endif()
  if(PROMOFLOW_LTO)
    promoflow_lto(${target})
  endif()
endfunction()

# promoflow_c_library(TARGET EXPORT_NAME): what those for C have in common.
function(promoflow_c_library target export_name)
  set_target_properties(${target} PROPERTIES
    OUTPUT_NAME ${target} EXPORT_NAME ${export_name} LINKER_LANGUAGE CXX)
  target_include_directories(${target} INTERFACE
    $<BUILD_INTERFACE:${PROJECT_BINARY_DIR}/capi>
    $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
endfunction()

promoflow_shared_library(promoflow_shared ${promoflow_minor_version} promoflow.map)
if(PROMOFLOW_BUILD_CAPI AND promoflow_has_maps)
  add_library(promoflow_c SHARED $<TARGET_OBJECTS:promoflow_objects>)
  promoflow_c_library(promoflow_c c_shared)
  promoflow_shared_library(promoflow_c ${promoflow_abi_major} promoflow_c.map)
endif()
if(TARGET promoflow_c AND NOT PROMOFLOW_LINK_STATIC)
  add_library(promoflow::c ALIAS promoflow_c)
endif()
