# SPDX-License-Identifier: Apache-2.0
# CPack: archives and simple packages of an installed build, without a distribution's rules.
set(CPACK_PACKAGE_NAME promoflow)
set(CPACK_PACKAGE_VENDOR "promoflow")
set(CPACK_PACKAGE_CONTACT "promoflow developers <promoflow@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY
  "Decides what a GitOps promotion release must run next, and with which arguments")
set(CPACK_RESOURCE_FILE_LICENSE "${PROJECT_SOURCE_DIR}/LICENSE")
set(CPACK_GENERATOR TGZ)
set(CPACK_PACKAGE_FILE_NAME
  "promoflow-${PROJECT_VERSION}-${CMAKE_SYSTEM_NAME}-${CMAKE_SYSTEM_PROCESSOR}")
set(CPACK_STRIP_FILES ON)
set(CPACK_VERBATIM_VARIABLES ON)
set(CPACK_DEBIAN_PACKAGE_SECTION devel)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS_PRIVATE_DIRS "${PROJECT_BINARY_DIR}")
set(CPACK_SOURCE_GENERATOR TGZ)
# What is built in the source folder, or installed there, is no part of the sources.
set(CPACK_SOURCE_IGNORE_FILES
  "/build/" "/\\.git/" "/\\.cache/" "/__pycache__/" "/node_modules/" "/bindings/(java|rust)/target/"
  "/bindings/[a-z]+/[^/]*\\.wasm$" "/compile_commands\\.json$" "/CMakeUserPresets\\.json$")
include(CPack)
