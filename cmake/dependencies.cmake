# SPDX-License-Identifier: Apache-2.0
# The only place that names versions of third parties. The system's package comes first. What is
# missing is fetched at the pinned tag, unless PROMOFLOW_FETCH_DEPENDENCIES is OFF.
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

# --- public: the one header a host needs ---------------------------------------------------------

find_package(tl-expected 1.0 QUIET)
set(promoflow_exported_expected tl::expected)
if(NOT tl-expected_FOUND)
  FetchContent_Declare(tl-expected
    GIT_REPOSITORY https://github.com/TartanLlama/expected GIT_TAG v1.1.0 GIT_SHALLOW ON)
  set(EXPECTED_BUILD_TESTS OFF)
  promoflow_fetch(tl-expected)
  # It installs a package of its own; install(EXPORT) must not want it in ours.
  set(promoflow_exported_expected "$<1:tl::expected>")
endif()

# --- private -------------------------------------------------------------------------------------

find_package(nlohmann_json 3.10 QUIET)
if(NOT nlohmann_json_FOUND)
  FetchContent_Declare(nlohmann_json
    GIT_REPOSITORY https://github.com/nlohmann/json GIT_TAG v3.11.3 GIT_SHALLOW ON)
  set(JSON_BuildTests OFF)
  promoflow_fetch(nlohmann_json)
endif()

find_package(fmt 9 QUIET)
if(NOT fmt_FOUND)
  FetchContent_Declare(fmt
    GIT_REPOSITORY https://github.com/fmtlib/fmt GIT_TAG 10.2.1 GIT_SHALLOW ON)
  set(FMT_INSTALL OFF)
  promoflow_fetch(fmt)
endif()

find_package(LibYaml QUIET)
if(NOT LibYaml_FOUND)
  FetchContent_Declare(libyaml
    GIT_REPOSITORY https://github.com/yaml/libyaml GIT_TAG 0.2.5 GIT_SHALLOW ON)
  promoflow_fetch(libyaml)
  add_library(LibYaml::LibYaml INTERFACE IMPORTED GLOBAL)
  target_link_libraries(LibYaml::LibYaml INTERFACE yaml)
endif()

# Boost.Graph is used as headers only: of whichever target exists we take the include directories.
find_package(Boost 1.71 QUIET CONFIG)
if(NOT Boost_FOUND AND NOT POLICY CMP0167)
  find_package(Boost 1.71 QUIET)
endif()
add_library(promoflow_boost_graph INTERFACE)
if(Boost_FOUND)
  set(promoflow_boost_target Boost::headers)
else()
  FetchContent_Declare(Boost
    URL https://github.com/boostorg/boost/releases/download/boost-1.84.0/boost-1.84.0.tar.xz
    DOWNLOAD_EXTRACT_TIMESTAMP ON)
  set(BOOST_INCLUDE_LIBRARIES graph)
  promoflow_fetch(Boost)
  set(promoflow_boost_target Boost::graph)
endif()
target_include_directories(promoflow_boost_graph SYSTEM INTERFACE
  $<TARGET_PROPERTY:${promoflow_boost_target},INTERFACE_INCLUDE_DIRECTORIES>)

if(PROMOFLOW_BUILD_CLI)
  find_package(CLI11 2.1 QUIET)
  if(NOT CLI11_FOUND)
    FetchContent_Declare(CLI11
      GIT_REPOSITORY https://github.com/CLIUtils/CLI11 GIT_TAG v2.4.1 GIT_SHALLOW ON)
    promoflow_fetch(CLI11)
  endif()
endif()

# --- tests: Catch2, 2 or 3 -----------------------------------------------------------------------

if(PROMOFLOW_BUILD_TESTS)
  find_package(Catch2 QUIET)
  if(NOT Catch2_FOUND)
    FetchContent_Declare(Catch2
      GIT_REPOSITORY https://github.com/catchorg/Catch2 GIT_TAG v3.5.2 GIT_SHALLOW ON)
    promoflow_fetch(Catch2)
  endif()
endif()
