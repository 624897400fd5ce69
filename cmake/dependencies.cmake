# SPDX-License-Identifier: Apache-2.0
# The only place that names versions of third parties. For each of them: a target that the
# surrounding project has already is taken as it is, then the system's package; what is missing is
# fetched at the pinned tag, unless PROMOFLOW_FETCH_DEPENDENCIES is OFF.
include(FetchContent)
list(APPEND CMAKE_MODULE_PATH "${CMAKE_CURRENT_LIST_DIR}")

# Fetches one project, and sets the variables that it reads while it is configured.
macro(promoflow_fetch name)
  if(NOT PROMOFLOW_FETCH_DEPENDENCIES)
    message(FATAL_ERROR "${name} was not found, and PROMOFLOW_FETCH_DEPENDENCIES is OFF")
  endif()
  message(STATUS "${name} was not found: fetching it")
  set(CMAKE_POLICY_DEFAULT_CMP0077 NEW)        # Our set() overrides their option().
  set(CMAKE_POLICY_VERSION_MINIMUM 3.5)        # libyaml still asks for 3.0.
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)      # It ends up in a shared library.
  set(BUILD_TESTING OFF)
  FetchContent_MakeAvailable(${name})
endmacro()

# Takes the target, or else looks for the package (further arguments: those of find_package).
# Sets FOUND to whether the target exists.
macro(promoflow_find found target)
  if(NOT TARGET ${target})
    find_package(${ARGN} QUIET)
  endif()
  if(TARGET ${target})
    set(${found} ON)
  else()
    set(${found} OFF)
  endif()
endmacro()

# --- public: the one header a host needs ---------------------------------------------------------

promoflow_find(promoflow_has_expected tl::expected tl-expected 1.0)
if(NOT promoflow_has_expected)
  FetchContent_Declare(tl-expected
    GIT_REPOSITORY https://github.com/TartanLlama/expected GIT_TAG v1.1.0 GIT_SHALLOW ON)
  set(EXPECTED_BUILD_TESTS OFF)
  promoflow_fetch(tl-expected)
endif()

# --- private -------------------------------------------------------------------------------------

promoflow_find(promoflow_has_json nlohmann_json::nlohmann_json nlohmann_json 3.11)
if(NOT promoflow_has_json)
  FetchContent_Declare(nlohmann_json
    GIT_REPOSITORY https://github.com/nlohmann/json GIT_TAG v3.11.3 GIT_SHALLOW ON)
  set(JSON_BuildTests OFF)
  promoflow_fetch(nlohmann_json)
endif()

# fmt is used as headers only, whichever of its targets a surrounding project has.
if(NOT TARGET fmt::fmt)
  promoflow_find(promoflow_has_fmt fmt::fmt-header-only fmt 9)
  if(NOT promoflow_has_fmt)
    FetchContent_Declare(fmt
      GIT_REPOSITORY https://github.com/fmtlib/fmt GIT_TAG 10.2.1 GIT_SHALLOW ON)
    set(FMT_INSTALL OFF)
    promoflow_fetch(fmt)
  endif()
endif()
add_library(promoflow_fmt INTERFACE)
if(TARGET fmt::fmt-header-only)
  target_link_libraries(promoflow_fmt INTERFACE fmt::fmt-header-only)
else()
  target_compile_definitions(promoflow_fmt INTERFACE FMT_HEADER_ONLY=1)
  target_include_directories(promoflow_fmt SYSTEM INTERFACE
    $<TARGET_PROPERTY:fmt::fmt,INTERFACE_INCLUDE_DIRECTORIES>)
endif()

# The target `yaml` is that of libyaml's own build and package.
if(NOT TARGET yaml)
  promoflow_find(promoflow_has_yaml LibYaml::LibYaml LibYaml)
  if(NOT promoflow_has_yaml)
    FetchContent_Declare(libyaml
      GIT_REPOSITORY https://github.com/yaml/libyaml GIT_TAG 0.2.5 GIT_SHALLOW ON)
    promoflow_fetch(libyaml)
  endif()
endif()
if(NOT TARGET LibYaml::LibYaml)
  add_library(LibYaml::LibYaml INTERFACE IMPORTED GLOBAL)
  target_link_libraries(LibYaml::LibYaml INTERFACE yaml)
endif()

# Boost.Graph is used as headers only: of whichever target exists we take the include directories.
if(NOT TARGET Boost::graph)
  promoflow_find(promoflow_has_boost Boost::headers Boost 1.71 CONFIG)
  if(NOT promoflow_has_boost AND NOT POLICY CMP0167)
    promoflow_find(promoflow_has_boost Boost::headers Boost 1.71)
  endif()
  if(NOT promoflow_has_boost)
    FetchContent_Declare(Boost
      URL https://github.com/boostorg/boost/releases/download/boost-1.84.0/boost-1.84.0.tar.xz
      DOWNLOAD_EXTRACT_TIMESTAMP ON)
    set(BOOST_INCLUDE_LIBRARIES graph)
    promoflow_fetch(Boost)
  endif()
endif()
set(promoflow_boost_target Boost::headers)
if(TARGET Boost::graph)
  set(promoflow_boost_target Boost::graph)
endif()
add_library(promoflow_boost_graph INTERFACE)
target_include_directories(promoflow_boost_graph SYSTEM INTERFACE
  $<TARGET_PROPERTY:${promoflow_boost_target},INTERFACE_INCLUDE_DIRECTORIES>)

if(PROMOFLOW_BUILD_ENGINE)
  find_package(SQLite3 3.37 QUIET)  # STRICT tables.
  if(NOT SQLite3_FOUND)
    FetchContent_Declare(sqlite3
      URL https://www.sqlite.org/2025/sqlite-amalgamation-3510300.zip
      DOWNLOAD_EXTRACT_TIMESTAMP ON)
    enable_language(C)
    promoflow_fetch(sqlite3)
    add_library(promoflow_sqlite3 STATIC "${sqlite3_SOURCE_DIR}/sqlite3.c")
    target_include_directories(promoflow_sqlite3 SYSTEM PUBLIC "${sqlite3_SOURCE_DIR}")
    target_link_libraries(promoflow_sqlite3 PUBLIC Threads::Threads ${CMAKE_DL_LIBS})
    set_target_properties(promoflow_sqlite3 PROPERTIES POSITION_INDEPENDENT_CODE ON)
    add_library(SQLite::SQLite3 ALIAS promoflow_sqlite3)
  endif()
endif()

if(PROMOFLOW_BUILD_ARGO AND NOT TARGET CURL::libcurl)
  find_package(CURL 7.85 REQUIRED)  # Not fetched: its TLS must get the system's security updates.
endif()

if(PROMOFLOW_BUILD_CLI)
  promoflow_find(promoflow_has_cli11 CLI11::CLI11 CLI11 2.1)
  if(NOT promoflow_has_cli11)
    FetchContent_Declare(CLI11
      GIT_REPOSITORY https://github.com/CLIUtils/CLI11 GIT_TAG v2.4.1 GIT_SHALLOW ON)
    promoflow_fetch(CLI11)
  endif()
endif()

# --- tests: Catch2, 2 or 3 -----------------------------------------------------------------------

if(PROMOFLOW_BUILD_TESTS)
  promoflow_find(promoflow_has_catch2 Catch2::Catch2 Catch2)
  if(NOT promoflow_has_catch2)
    FetchContent_Declare(Catch2
      GIT_REPOSITORY https://github.com/catchorg/Catch2 GIT_TAG v3.5.2 GIT_SHALLOW ON)
    promoflow_fetch(Catch2)
  endif()
endif()
