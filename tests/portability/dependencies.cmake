# SPDX-License-Identifier: Apache-2.0
# What promoflow needs, for another platform than this one, as targets: headers that are the same on
# every platform, from a folder with links to nothing else, and libyaml from its sources.
# tests/portability/run.py includes it right behind project(promoflow), and sets
# PORTABILITY_HEADERS and PORTABILITY_LIBYAML.
enable_language(C)

foreach(name IN ITEMS tl::expected nlohmann_json::nlohmann_json Boost::headers CLI11::CLI11
    Catch2::Catch2 fmt::fmt-header-only)
  add_library(${name} INTERFACE IMPORTED GLOBAL)
  target_include_directories(${name} SYSTEM INTERFACE "${PORTABILITY_HEADERS}")
endforeach()
target_compile_definitions(fmt::fmt-header-only INTERFACE FMT_HEADER_ONLY=1)

file(GLOB sources "${PORTABILITY_LIBYAML}/src/*.c")
add_library(yaml STATIC ${sources})
set_target_properties(yaml PROPERTIES POSITION_INDEPENDENT_CODE ON)
target_include_directories(yaml PUBLIC "${PORTABILITY_LIBYAML}/include")
target_compile_definitions(yaml PUBLIC YAML_DECLARE_STATIC PRIVATE
  YAML_VERSION_MAJOR=0 YAML_VERSION_MINOR=2 YAML_VERSION_PATCH=5 YAML_VERSION_STRING="0.2.5")
target_compile_options(yaml PRIVATE -w)

option(PORTABILITY_QUICK "Compile files together, with headers that are read before" ON)

# Modules whose files can be compiled as one, and what else most files include: it takes a third of
# the time.
function(portability_compile_quickly)
  foreach(module IN ITEMS arguments base context diagnostics executor flow manifest release)
    file(GLOB files "${CMAKE_SOURCE_DIR}/src/${module}/*.cpp")
    set_source_files_properties(${files} PROPERTIES UNITY_GROUP ${module})
  endforeach()
  target_precompile_headers(unit_tests PRIVATE
    "${CMAKE_SOURCE_DIR}/tests/unit/catch.hpp" <promoflow/promoflow.hpp>)
  set_source_files_properties("${CMAKE_SOURCE_DIR}/tests/unit/main.cpp"
    TARGET_DIRECTORY unit_tests PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  target_precompile_headers(promoflow_cli PRIVATE <CLI/CLI.hpp> <nlohmann/json.hpp>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")  # For ccache.
    target_compile_options(unit_tests PRIVATE -fpch-preprocess)
    target_compile_options(promoflow_cli PRIVATE -fpch-preprocess)
  endif()
endfunction()
if(PORTABILITY_QUICK)
  cmake_language(DEFER CALL portability_compile_quickly)
endif()
