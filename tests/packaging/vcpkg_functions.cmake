# SPDX-License-Identifier: Apache-2.0
# Stand-ins for the functions of vcpkg that packaging/vcpkg uses. They configure what the port says,
# and install BUILT, a build that is there already: nothing is compiled twice.
#
#   cmake -D PORT_FOLDER= -D PACKAGES= -D TREES= -D BUILT= -D CXX= -P vcpkg_functions.cmake
cmake_minimum_required(VERSION 3.22)

set(PORT promoflow)
set(FEATURES core cli)
set(VCPKG_LIBRARY_LINKAGE dynamic)
set(CURRENT_PORT_DIR "${PORT_FOLDER}")
set(CURRENT_PACKAGES_DIR "${PACKAGES}")

function(run)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE status OUTPUT_VARIABLE text ERROR_VARIABLE text)
  if(NOT status EQUAL 0)
    message(FATAL_ERROR "${ARGN} ended with ${status}\n${text}")
  endif()
endfunction()

function(vcpkg_check_features)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "OUT_FEATURE_OPTIONS" "FEATURES")
  set(options "")
  while(arg_FEATURES)
    list(POP_FRONT arg_FEATURES feature option)
    if(feature IN_LIST FEATURES)
      list(APPEND options "-D${option}=ON")
    else()
      list(APPEND options "-D${option}=OFF")
    endif()
  endwhile()
  set(${arg_OUT_FEATURE_OPTIONS} "${options}" PARENT_SCOPE)
endfunction()

function(vcpkg_cmake_configure)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "SOURCE_PATH" "OPTIONS")
  run(${CMAKE_COMMAND} -S "${arg_SOURCE_PATH}" -B "${TREES}/release" -G Ninja
    --warn-uninitialized "-DCMAKE_CXX_COMPILER=${CXX}" -DCMAKE_BUILD_TYPE=Release ${arg_OPTIONS})
  file(STRINGS "${TREES}/release/CMakeCache.txt" cache)
  foreach(option IN LISTS arg_OPTIONS)  # An option that the project does not have is a mistake.
    string(REGEX REPLACE "^-D([^=]+)=.*" "\\1" name "${option}")
    if(NOT cache MATCHES "${name}:BOOL=")
      message(FATAL_ERROR "the project has no option ${name}")
    endif()
  endforeach()
endfunction()

function(vcpkg_cmake_install)
  run(${CMAKE_COMMAND} --install "${BUILT}" --prefix "${CURRENT_PACKAGES_DIR}")
  file(GLOB folders "${CURRENT_PACKAGES_DIR}/lib/*/cmake")  # vcpkg installs into lib itself.
  foreach(folder IN LISTS folders)
    get_filename_component(library "${folder}" DIRECTORY)
    file(COPY "${library}/" DESTINATION "${CURRENT_PACKAGES_DIR}/lib")
    file(REMOVE_RECURSE "${library}")
  endforeach()
endfunction()

function(vcpkg_cmake_config_fixup)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "CONFIG_PATH" "")
  if(NOT IS_DIRECTORY "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}")
    message(FATAL_ERROR "there is no ${arg_CONFIG_PATH}")
  endif()
  file(COPY "${CURRENT_PACKAGES_DIR}/${arg_CONFIG_PATH}/"
    DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
endfunction()

function(vcpkg_fixup_pkgconfig)
  if(NOT EXISTS "${CURRENT_PACKAGES_DIR}/lib/pkgconfig/promoflow.pc")
    message(FATAL_ERROR "there is no promoflow.pc")
  endif()
endfunction()

function(vcpkg_copy_tools)
  cmake_parse_arguments(PARSE_ARGV 0 arg "AUTO_CLEAN" "" "TOOL_NAMES")
  foreach(tool IN LISTS arg_TOOL_NAMES)
    file(COPY "${CURRENT_PACKAGES_DIR}/bin/${tool}"
      DESTINATION "${CURRENT_PACKAGES_DIR}/tools/${PORT}")
  endforeach()
endfunction()

function(vcpkg_install_copyright)
  cmake_parse_arguments(PARSE_ARGV 0 arg "" "" "FILE_LIST")
  file(COPY_FILE "${arg_FILE_LIST}" "${CURRENT_PACKAGES_DIR}/share/${PORT}/copyright")
endfunction()

include("${PORT_FOLDER}/portfile.cmake")
