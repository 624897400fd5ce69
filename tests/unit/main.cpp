// SPDX-License-Identifier: Apache-2.0
#define CATCH_CONFIG_RUNNER  // Version 2 puts its implementation here; 3 has it in a library.
#include "catch.hpp"

int main(int argc, char** argv) { return Catch::Session().run(argc, argv); }
