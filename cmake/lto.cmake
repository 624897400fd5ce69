# SPDX-License-Identifier: Apache-2.0
# promoflow_lto(TARGET): optimises a target at link time, or stops where the compiler cannot.
include(CheckIPOSupported)
check_ipo_supported(LANGUAGES CXX)

function(promoflow_lto target)
  set_target_properties(${target} PROPERTIES INTERPROCEDURAL_OPTIMIZATION ON)
  # A static library is linked by other people's toolchains: it keeps its machine code, too.
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -ffat-lto-objects)
  endif()
endfunction()
