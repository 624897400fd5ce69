# SPDX-License-Identifier: Apache-2.0
# An overlay port: it builds the checkout that it is part of.
get_filename_component(SOURCE_PATH "${CURRENT_PORT_DIR}/../../../.." ABSOLUTE)

vcpkg_check_features(OUT_FEATURE_OPTIONS FEATURE_OPTIONS
  FEATURES cli PROMOFLOW_BUILD_CLI)
string(COMPARE EQUAL "${VCPKG_LIBRARY_LINKAGE}" static LINK_STATIC)

vcpkg_cmake_configure(
  SOURCE_PATH "${SOURCE_PATH}"
  OPTIONS
    -DPROMOFLOW_BUILD_TESTS=OFF
    -DPROMOFLOW_BUILD_EXAMPLES=OFF
    -DPROMOFLOW_FETCH_DEPENDENCIES=OFF
    -DPROMOFLOW_LINK_STATIC=${LINK_STATIC}
    ${FEATURE_OPTIONS})
vcpkg_cmake_install()
vcpkg_cmake_config_fixup(CONFIG_PATH lib/cmake/promoflow)
vcpkg_fixup_pkgconfig()
if("cli" IN_LIST FEATURES)
  vcpkg_copy_tools(TOOL_NAMES promoflow AUTO_CLEAN)
endif()

file(REMOVE_RECURSE "${CURRENT_PACKAGES_DIR}/debug/include" "${CURRENT_PACKAGES_DIR}/debug/share")
file(INSTALL "${CMAKE_CURRENT_LIST_DIR}/usage" DESTINATION "${CURRENT_PACKAGES_DIR}/share/${PORT}")
vcpkg_install_copyright(FILE_LIST "${SOURCE_PATH}/LICENSE")
