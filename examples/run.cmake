# SPDX-License-Identifier: Apache-2.0
# Runs PROGRAM in FOLDER and compares what it prints with EXPECTED (or FOLDER/expected.txt), if
# there is such a file.
if(NOT DEFINED EXPECTED)
  set(EXPECTED "${FOLDER}/expected.txt")
endif()
execute_process(COMMAND "${PROGRAM}" WORKING_DIRECTORY "${FOLDER}"
  OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}\n${printed}")
endif()
if(NOT EXISTS "${EXPECTED}")
  return()
endif()
file(READ "${EXPECTED}" expected)
string(COMPARE EQUAL "${printed}" "${expected}" same)
if(NOT same)
  message(FATAL_ERROR "not what ${EXPECTED} says. Printed:\n${printed}")
endif()
