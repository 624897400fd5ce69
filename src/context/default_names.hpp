// SPDX-License-Identifier: Apache-2.0
/// @file
/// The names of the default arguments are those of the flow module, which warns of their use.
#pragma once

#include "flow/default_names.hpp"
