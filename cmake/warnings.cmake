# SPDX-License-Identifier: Apache-2.0
# Warnings for our own targets. They are errors with PROMOFLOW_WERROR only: a new warning of a new
# compiler must not break the build of a project that merely uses the library.
function(promoflow_warnings target)
  if(MSVC)
    target_compile_options(${target} PRIVATE /W4 $<$<BOOL:${PROMOFLOW_WERROR}>:/WX>)
    return()
  endif()
  target_compile_options(${target} PRIVATE
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wold-style-cast
    -Wnon-virtual-dtor -Woverloaded-virtual -Wcast-align -Wcast-qual -Wformat=2
    -Wimplicit-fallthrough -Wextra-semi -Wundef
    $<$<BOOL:${PROMOFLOW_WERROR}>:-Werror>)
  if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
    target_compile_options(${target} PRIVATE -Wduplicated-cond -Wlogical-op -Wredundant-decls)
    if(CMAKE_CXX_COMPILER_VERSION VERSION_LESS 13)
      target_compile_options(${target} PRIVATE -Wno-restrict)  # GCC bug 105651: std::string.
    endif()
  elseif(CMAKE_CXX_COMPILER_VERSION VERSION_GREATER_EQUAL 15)
    # Clang reports that std::stable_sort of libstdc++ 12 calls a function which it deprecates.
    target_compile_options(${target} PRIVATE -Wno-deprecated-declarations)
  endif()
endfunction()

# The same for our own C, which is strict C99.
function(promoflow_c_warnings target)
  set_target_properties(${target} PROPERTIES
    C_STANDARD 99 C_STANDARD_REQUIRED ON C_EXTENSIONS OFF)
  if(MSVC)
    target_compile_options(${target} PRIVATE
      $<$<COMPILE_LANGUAGE:C>:/W4> $<$<BOOL:${PROMOFLOW_WERROR}>:/WX>)
    return()
  endif()
  target_compile_options(${target} PRIVATE
    "$<$<COMPILE_LANGUAGE:C>:-Wall;-Wextra;-Wpedantic;-Wconversion;-Wshadow;-Wstrict-prototypes>"
    $<$<BOOL:${PROMOFLOW_WERROR}>:-Werror>)
endfunction()
