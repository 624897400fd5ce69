// SPDX-License-Identifier: Apache-2.0
/// @file
/// Included first where a program is built for musl with libstdc++'s headers: they ask which
/// version of glibc there is.
#pragma once

// NOLINTNEXTLINE(bugprone-reserved-identifier,cert-dcl37-c,cert-dcl51-cpp)
#define __GLIBC_PREREQ(major, minor) 0
