# SPDX-License-Identifier: Apache-2.0
# promoflow_no_exceptions(TARGET): compiles without exceptions and RTTI. Third parties learn of it
# here; nlohmann/json and tl::expected find out by themselves. GCC and clang.
function(promoflow_no_exceptions target)
  target_compile_options(${target} PRIVATE -fno-exceptions -fno-rtti)
  target_compile_definitions(${target} PRIVATE
    FMT_EXCEPTIONS=0 BOOST_NO_EXCEPTIONS BOOST_EXCEPTION_DISABLE)
endfunction()
