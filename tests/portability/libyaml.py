#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints the folder of libyaml's sources, which are downloaded from Debian at the first call."""

import debian

print(debian.libyaml())
