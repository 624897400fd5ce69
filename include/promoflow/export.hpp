// SPDX-License-Identifier: Apache-2.0
/// @file
/// What declarations are marked with: which names leave the library, and what is borrowed.
#pragma once

/// Marks a class or function as part of the library's surface. Define PROMOFLOW_STATIC when you
/// link the static library on Windows; the CMake targets and pkg-config do it for you.
#if defined(_WIN32) && defined(PROMOFLOW_STATIC)
#define PROMOFLOW_API
#elif defined(_WIN32) && defined(PROMOFLOW_BUILDING)
#define PROMOFLOW_API __declspec(dllexport)
#elif defined(_WIN32)
#define PROMOFLOW_API __declspec(dllimport)
#else
#define PROMOFLOW_API __attribute__((visibility("default")))
#endif

/// Marks what the result refers to: `this`, or a parameter. A compiler that knows the attribute
/// warns when that is a temporary object, and the result is kept.
#if defined(__has_cpp_attribute) && __has_cpp_attribute(clang::lifetimebound)
#define PROMOFLOW_LIFETIMEBOUND [[clang::lifetimebound]]
#elif defined(__has_cpp_attribute) && __has_cpp_attribute(msvc::lifetimebound)
#define PROMOFLOW_LIFETIMEBOUND [[msvc::lifetimebound]]
#else
#define PROMOFLOW_LIFETIMEBOUND
#endif
