// SPDX-License-Identifier: Apache-2.0
/// @file
/// Which names leave the library: everything else is hidden.
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
