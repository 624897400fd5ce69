# SPDX-License-Identifier: Apache-2.0
# Runs PROGRAM in FOLDER and compares what it prints with FOLDER/expected.txt, if there is one.
execute_process(COMMAND "${PROGRAM}" WORKING_DIRECTORY "${FOLDER}"
  OUTPUT_VARIABLE printed RESULT_VARIABLE status)
if(NOT status EQUAL 0)
  message(FATAL_ERROR "${PROGRAM} ended with ${status}\n${printed}")
endif()
if(NOT EXISTS "${FOLDER}/expected.txt")
  return()
endif()
file(READ "${FOLDER}/expected.txt" expected)
string(COMPARE EQUAL "${printed}" "${expected}" same)
if(NOT same)
  message(FATAL_ERROR "not what ${FOLDER}/expected.txt says. Printed:\n${printed}")
endif()
