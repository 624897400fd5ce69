# SPDX-License-Identifier: Apache-2.0
# promoflow_component(NAME FOLDERS folder... COPIES regex LIBRARIES target...):
# promoflow::NAME, a library of its own beside the main one. It is built shared and static, and each
# kind is linked with the main library of the same kind; and for C alone, as the main library is.
#
# FOLDERS     its modules under src/; its C interface is capi/NAME, if there is one
# COPIES      modules of the main library that are hidden in libpromoflow.so: the shared kind
#             has a copy of these
# LIBRARIES   what it is compiled and linked with, besides what the main library is
function(promoflow_component name)
  cmake_parse_arguments(arg "" "COPIES" "FOLDERS;LIBRARIES" ${ARGN})
  set(sources)
  foreach(folder IN LISTS arg_FOLDERS)
    file(GLOB found CONFIGURE_DEPENDS src/${folder}/*.cpp)
    list(APPEND sources ${found})
  endforeach()
  if(PROMOFLOW_BUILD_CAPI)  # It uses the main interface's exports.
    file(GLOB found CONFIGURE_DEPENDS capi/${name}/*.cpp)
    list(APPEND sources ${found})
  endif()
  set(objects promoflow_${name}_objects)
  add_library(${objects} OBJECT ${sources})
  set_target_properties(${objects} PROPERTIES
    POSITION_INDEPENDENT_CODE ON
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    CXX_EXTENSIONS OFF)
  target_compile_features(${objects} PUBLIC cxx_std_20)
  target_compile_definitions(${objects} PRIVATE PROMOFLOW_BUILDING)
  target_include_directories(${objects} PRIVATE include src capi)
  target_link_libraries(${objects} PRIVATE
    tl::expected nlohmann_json::nlohmann_json promoflow_fmt Threads::Threads ${arg_LIBRARIES})
  promoflow_warnings(${objects})
  if(PROMOFLOW_LTO)
    promoflow_lto(${objects})
  endif()

  set(kinds static)
  add_library(promoflow_${name}_static STATIC $<TARGET_OBJECTS:${objects}>)
  target_link_libraries(promoflow_${name}_static PUBLIC promoflow_static)
  foreach(library IN LISTS arg_LIBRARIES)
    target_link_libraries(promoflow_${name}_static INTERFACE $<LINK_ONLY:${library}>)
  endforeach()
  if(promoflow_has_shared)
    list(APPEND kinds shared)
    add_library(promoflow_${name}_shared SHARED $<TARGET_OBJECTS:${objects}>
      "$<FILTER:$<TARGET_OBJECTS:promoflow_objects>,INCLUDE,src/(${arg_COPIES})/>")
    target_link_libraries(promoflow_${name}_shared
      PUBLIC promoflow_shared PRIVATE ${arg_LIBRARIES})
    promoflow_shared_library(
      promoflow_${name}_shared ${promoflow_minor_version} promoflow_${name}.map)
  endif()
  foreach(kind IN LISTS kinds)
    set_target_properties(promoflow_${name}_${kind} PROPERTIES
      OUTPUT_NAME promoflow_${name}
      EXPORT_NAME ${name}_${kind}
      LINKER_LANGUAGE CXX)
    add_library(promoflow::${name}_${kind} ALIAS promoflow_${name}_${kind})
  endforeach()
  if(PROMOFLOW_LINK_STATIC OR NOT promoflow_has_shared)
    add_library(promoflow::${name} ALIAS promoflow_${name}_static)
  else()
    add_library(promoflow::${name} ALIAS promoflow_${name}_shared)
  endif()

  # For C alone: it goes with libpromoflow_c.so, and has the rest of the library in itself.
  if(TARGET promoflow_c AND IS_DIRECTORY "${PROJECT_SOURCE_DIR}/capi/${name}")
    add_library(promoflow_${name}_c SHARED $<TARGET_OBJECTS:${objects}>
      "$<FILTER:$<TARGET_OBJECTS:promoflow_objects>,EXCLUDE,/capi/[^/]+$>")
    promoflow_c_library(promoflow_${name}_c ${name}_c_shared)
    target_link_libraries(promoflow_${name}_c PUBLIC promoflow_c PRIVATE ${arg_LIBRARIES})
    promoflow_shared_library(promoflow_${name}_c ${promoflow_abi_major} promoflow_${name}_c.map)
    if(NOT PROMOFLOW_LINK_STATIC)
      add_library(promoflow::${name}_c ALIAS promoflow_${name}_c)
    endif()
  endif()

  if(NOT APPLE)
    # A program that links such a library alone does not search for the other: the loader finds it.
    foreach(target IN ITEMS promoflow_${name}_shared promoflow_${name}_c)
      if(TARGET ${target})
        set_target_properties(${target} PROPERTIES INSTALL_RPATH "$ORIGIN")
      endif()
    endforeach()
  endif()
endfunction()
