# SPDX-License-Identifier: Apache-2.0
# promoflow::process: hooks and promotions as programs, in a library of its own. It is built shared
# and static, and each kind is linked with the main library of the same kind.
file(GLOB promoflow_process_sources CONFIGURE_DEPENDS src/process/*.cpp)
if(PROMOFLOW_BUILD_CAPI)  # It has a C interface of its own, and uses the main one's exports.
  file(GLOB promoflow_process_capi_sources CONFIGURE_DEPENDS capi/process/*.cpp)
  list(APPEND promoflow_process_sources ${promoflow_process_capi_sources})
endif()
add_library(promoflow_process_objects OBJECT ${promoflow_process_sources})
set_target_properties(promoflow_process_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  CXX_VISIBILITY_PRESET hidden
  VISIBILITY_INLINES_HIDDEN ON
  CXX_EXTENSIONS OFF)
target_compile_features(promoflow_process_objects PUBLIC cxx_std_20)
target_compile_definitions(promoflow_process_objects PRIVATE PROMOFLOW_BUILDING)
target_include_directories(promoflow_process_objects PRIVATE include src capi)
target_link_libraries(promoflow_process_objects PRIVATE tl::expected Threads::Threads)
promoflow_warnings(promoflow_process_objects)
if(PROMOFLOW_LTO)
  promoflow_lto(promoflow_process_objects)
endif()

# The modules that read and write texts are hidden in libpromoflow.so: this library has a copy.
add_library(promoflow_process_shared SHARED $<TARGET_OBJECTS:promoflow_process_objects>
  "$<FILTER:$<TARGET_OBJECTS:promoflow_objects>,INCLUDE,src/(base|diagnostics|document)/>")
add_library(promoflow_process_static STATIC $<TARGET_OBJECTS:promoflow_process_objects>)
target_link_libraries(promoflow_process_shared PUBLIC promoflow_shared
  PRIVATE LibYaml::LibYaml Threads::Threads)
target_link_libraries(promoflow_process_static PUBLIC promoflow_static)

foreach(kind IN ITEMS shared static)
  set_target_properties(promoflow_process_${kind} PROPERTIES
    OUTPUT_NAME promoflow_process
    EXPORT_NAME process_${kind}
    LINKER_LANGUAGE CXX)
  add_library(promoflow::process_${kind} ALIAS promoflow_process_${kind})
endforeach()
if(PROMOFLOW_LINK_STATIC)
  add_library(promoflow::process ALIAS promoflow_process_static)
else()
  add_library(promoflow::process ALIAS promoflow_process_shared)
endif()

set_target_properties(promoflow_process_shared PROPERTIES
  VERSION ${PROJECT_VERSION}
  SOVERSION ${PROJECT_VERSION_MAJOR})
if(NOT APPLE)
  # A program that links this library alone does not search for the other: the loader finds it here.
  set_target_properties(promoflow_process_shared PROPERTIES INSTALL_RPATH "$ORIGIN")
  set(process_map "${PROJECT_SOURCE_DIR}/cmake/process.map")
  target_link_options(promoflow_process_shared PRIVATE
    "LINKER:--version-script=${process_map}" "LINKER:--exclude-libs,ALL")
  set_target_properties(promoflow_process_shared PROPERTIES LINK_DEPENDS "${process_map}")
endif()
