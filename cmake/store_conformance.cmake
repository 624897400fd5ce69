# SPDX-License-Identifier: Apache-2.0
# For hosts that write a Store of their own: checks of its promises, without a test framework. It
# calls promoflow::engine of whatever kind its user links beside it.
file(GLOB promoflow_store_conformance_sources CONFIGURE_DEPENDS src/store_conformance/*.cpp)
add_library(promoflow_store_conformance_objects OBJECT ${promoflow_store_conformance_sources})
set_target_properties(promoflow_store_conformance_objects PROPERTIES
  POSITION_INDEPENDENT_CODE ON
  CXX_EXTENSIONS OFF)
target_compile_features(promoflow_store_conformance_objects PUBLIC cxx_std_20)
target_include_directories(promoflow_store_conformance_objects PRIVATE include src)
target_link_libraries(promoflow_store_conformance_objects PRIVATE
  tl::expected promoflow_fmt Threads::Threads)
promoflow_warnings(promoflow_store_conformance_objects)
# The links of an object library do not reach the library made of it: it can be installed alone.
add_library(promoflow_store_conformance STATIC
  $<TARGET_OBJECTS:promoflow_store_conformance_objects>)
set_target_properties(promoflow_store_conformance PROPERTIES
  EXPORT_NAME store_conformance
  LINKER_LANGUAGE CXX)
add_library(promoflow::store_conformance ALIAS promoflow_store_conformance)
