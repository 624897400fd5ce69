# SPDX-License-Identifier: Apache-2.0
# promoflow-supervisor: the small program beside each program of a durable process executor. It uses
# no library, and is linked statically where the system can: so little of it is in memory.
#
# With musl's C library, where it is installed, it begins in a fifth of the time: glibc first asks
# the processor for all its features, and in a virtual machine each question takes microseconds.
include(CheckCXXSourceCompiles)

file(GLOB promoflow_supervisor_sources CONFIGURE_DEPENDS src/supervisor/*.cpp)
add_executable(promoflow_supervisor ${promoflow_supervisor_sources}
  src/process/escaped.cpp src/process/exec_program.cpp)
set_target_properties(promoflow_supervisor PROPERTIES
  OUTPUT_NAME promoflow-supervisor
  CXX_EXTENSIONS OFF
  POSITION_INDEPENDENT_CODE OFF)
target_compile_features(promoflow_supervisor PRIVATE cxx_std_20)
target_compile_definitions(promoflow_supervisor PRIVATE PROMOFLOW_STATIC)
target_include_directories(promoflow_supervisor PRIVATE include src)
promoflow_warnings(promoflow_supervisor)

# Without what tests and debugging add: it would be larger than the rest.
target_compile_options(promoflow_supervisor PRIVATE
  -Os -fno-exceptions -fno-rtti -ffunction-sections -fdata-sections -U_GLIBCXX_ASSERTIONS
  -fno-sanitize=all -fno-profile-arcs -fno-test-coverage)
target_link_options(promoflow_supervisor PRIVATE -fno-sanitize=all)
if(NOT APPLE)
  target_link_options(promoflow_supervisor PRIVATE "LINKER:--gc-sections")
endif()

# What makes GCC use musl for a program of C++ without its library.
set(promoflow_musl "")
if(CMAKE_SYSTEM_NAME STREQUAL Linux AND CMAKE_CXX_COMPILER_ID STREQUAL GNU)
  find_file(PROMOFLOW_MUSL_SPECS musl-gcc.specs
    PATHS "/usr/lib/${CMAKE_SYSTEM_PROCESSOR}-linux-musl" /usr/lib/musl/lib
    NO_DEFAULT_PATH NO_CMAKE_FIND_ROOT_PATH)
  if(PROMOFLOW_MUSL_SPECS)
    get_filename_component(directory "${PROMOFLOW_MUSL_SPECS}" DIRECTORY)
    get_filename_component(name "${directory}" NAME)
    set(promoflow_musl "-specs=${PROMOFLOW_MUSL_SPECS}"
      "SHELL:-include ${PROJECT_SOURCE_DIR}/cmake/musl.hpp")
    foreach(directory IN LISTS CMAKE_CXX_IMPLICIT_INCLUDE_DIRECTORIES)
      if(directory MATCHES "c\\+\\+")
        list(APPEND promoflow_musl "SHELL:-isystem ${directory}")
      endif()
    endforeach()
    list(APPEND promoflow_musl "SHELL:-isystem /usr/include/${name}")
  endif()
endif()

# Whether a program of the supervisor's kind is to be had with these options.
function(promoflow_try_static name)
  set(CMAKE_TRY_COMPILE_TARGET_TYPE EXECUTABLE)
  string(REPLACE "SHELL:" "" flags "${ARGN}")
  list(JOIN flags " " flags)
  set(CMAKE_REQUIRED_FLAGS "-fno-sanitize=all -fno-exceptions -fno-rtti -fno-pie ${flags}")
  set(CMAKE_REQUIRED_LINK_OPTIONS -static -no-pie)
  check_cxx_source_compiles("
    #include <algorithm>
    #include <cerrno>
    #include <string_view>
    #include <unistd.h>
    int main(int count, char**) { return std::max(count, static_cast<int>(getpid())) + errno; }"
    ${name})
endfunction()
if(promoflow_musl)
  promoflow_try_static(PROMOFLOW_HAS_MUSL ${promoflow_musl})
endif()
if(PROMOFLOW_HAS_MUSL)
  target_compile_options(promoflow_supervisor PRIVATE -fno-pie ${promoflow_musl})
  target_link_options(promoflow_supervisor PRIVATE -static -no-pie ${promoflow_musl})
else()
  promoflow_try_static(PROMOFLOW_HAS_STATIC_LIBC)
  if(PROMOFLOW_HAS_STATIC_LIBC)
    target_link_options(promoflow_supervisor PRIVATE -static)
  endif()
endif()

# Where the executor looks for it: beside itself, then at these places.
set(promoflow_libexec "${CMAKE_INSTALL_LIBEXECDIR}/promoflow")
file(RELATIVE_PATH promoflow_from_program
  "${CMAKE_INSTALL_FULL_BINDIR}" "${CMAKE_INSTALL_FULL_LIBEXECDIR}/promoflow")
file(RELATIVE_PATH promoflow_from_library
  "${CMAKE_INSTALL_FULL_LIBDIR}" "${CMAKE_INSTALL_FULL_LIBEXECDIR}/promoflow")
set_source_files_properties(src/process/supervision.cpp PROPERTIES COMPILE_DEFINITIONS
  "PROMOFLOW_FROM_PROGRAM=\"/${promoflow_from_program}/\";\
PROMOFLOW_FROM_LIBRARY=\"/${promoflow_from_library}/\";\
PROMOFLOW_LIBEXEC=\"${CMAKE_INSTALL_FULL_LIBEXECDIR}/promoflow\"")

# dladdr() finds the library's own path; older C libraries have it in a library of its own.
target_link_libraries(promoflow_process_static INTERFACE ${CMAKE_DL_LIBS})
foreach(target IN ITEMS promoflow_process_shared promoflow_process_c)
  if(TARGET ${target})
    target_link_libraries(${target} PRIVATE ${CMAKE_DL_LIBS})
  endif()
endforeach()
