// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which promoflow this is: macros for the preprocessor, the namespace of this version, version().
#pragma once

#include <string_view>

#include "promoflow/export.hpp"

// These numbers, those of promoflow.h and the project's version in CMake are the same: a test
// compares them. The version of the C ABI is another one, PROMOFLOW_ABI_MAJOR in promoflow.h.
#define PROMOFLOW_VERSION_MAJOR 0
#define PROMOFLOW_VERSION_MINOR 2
#define PROMOFLOW_VERSION_PATCH 0
#define PROMOFLOW_VERSION "0.2.0"

/// Grows with each version: `#if PROMOFLOW_VERSION_NUMBER >= 200` means 0.2.0 or later.
#define PROMOFLOW_VERSION_NUMBER \
  (PROMOFLOW_VERSION_MAJOR * 10000 + PROMOFLOW_VERSION_MINOR * 100 + PROMOFLOW_VERSION_PATCH)

// What the standard library's headers make of std::string and std::vector depends on these macros.
// It is part of the namespace's name, so that two parts of a program that do not agree fail to
// link, and do not crash.
#if defined(_LIBCPP_VERSION)
#define PROMOFLOW_STRINGS PROMOFLOW_PASTE(_libcpp, _LIBCPP_ABI_VERSION)
#if defined(_LIBCPP_ENABLE_DEBUG_MODE) || (defined(_LIBCPP_DEBUG_LEVEL) && _LIBCPP_DEBUG_LEVEL > 1)
#define PROMOFLOW_CONTAINERS _debug
#elif defined(_LIBCPP_ABI_BOUNDED_ITERATORS) ||         \
    defined(_LIBCPP_ABI_BOUNDED_ITERATORS_IN_STRING) || \
    defined(_LIBCPP_ABI_BOUNDED_ITERATORS_IN_VECTOR)
#define PROMOFLOW_CONTAINERS _bounded
#else
#define PROMOFLOW_CONTAINERS
#endif
#elif defined(_MSC_VER) && defined(_ITERATOR_DEBUG_LEVEL)
#define PROMOFLOW_STRINGS _msvc
#define PROMOFLOW_CONTAINERS _ITERATOR_DEBUG_LEVEL
#else
#if defined(_GLIBCXX_USE_CXX11_ABI) && !_GLIBCXX_USE_CXX11_ABI
#define PROMOFLOW_STRINGS _oldstring
#else
#define PROMOFLOW_STRINGS
#endif
#if defined(_GLIBCXX_DEBUG)
#define PROMOFLOW_CONTAINERS _debug
#else
#define PROMOFLOW_CONTAINERS
#endif
#endif

#define PROMOFLOW_PASTE_(left, right) left##right
#define PROMOFLOW_PASTE(left, right) PROMOFLOW_PASTE_(left, right)
#define PROMOFLOW_NAME_(major, minor, strings, containers) v##major##_##minor##strings##containers
#define PROMOFLOW_NAME(major, minor, strings, containers) \
  PROMOFLOW_NAME_(major, minor, strings, containers)

/// The inline namespace of this version, such as `v0_2`: two versions may be part of one program,
/// and never call each other by mistake. Code that uses promoflow does not name it.
#define PROMOFLOW_NAMESPACE                                                           \
  PROMOFLOW_NAME(PROMOFLOW_VERSION_MAJOR, PROMOFLOW_VERSION_MINOR, PROMOFLOW_STRINGS, \
                 PROMOFLOW_CONTAINERS)

namespace promoflow::inline PROMOFLOW_NAMESPACE {

/// The library's version, such as `0.2.0`. Static storage. Never fails; thread-safe.
PROMOFLOW_API std::string_view version() noexcept;

}  // namespace promoflow::inline PROMOFLOW_NAMESPACE
