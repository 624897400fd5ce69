# SPDX-License-Identifier: Apache-2.0
# Manual pages and completions, made by the program that is built and installed beside it. A build
# for another machine has them only if its programs can be run (CMAKE_CROSSCOMPILING_EMULATOR).
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()

set(promoflow_shell_dir "${CMAKE_CURRENT_BINARY_DIR}/shell")
add_custom_command(OUTPUT "${promoflow_shell_dir}/man/promoflow.1"
  COMMAND ${CMAKE_COMMAND}
    -D "PROGRAM=$<TARGET_FILE:promoflow_cli>" -D VERSION=${PROJECT_VERSION}
    -D "INTO=${promoflow_shell_dir}" -P "${CMAKE_CURRENT_LIST_DIR}/man_pages.cmake"
  DEPENDS promoflow_cli "${CMAKE_CURRENT_LIST_DIR}/man_pages.cmake"
  COMMENT "Making manual pages and completions" VERBATIM)
add_custom_target(promoflow_shell ALL DEPENDS "${promoflow_shell_dir}/man/promoflow.1")

install(DIRECTORY "${promoflow_shell_dir}/man/" DESTINATION ${CMAKE_INSTALL_MANDIR}/man1)
set(promoflow_completions "${promoflow_shell_dir}/completions")
install(FILES "${promoflow_completions}/promoflow.bash" RENAME promoflow
  DESTINATION ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
install(FILES "${promoflow_completions}/promoflow.zsh" RENAME _promoflow
  DESTINATION ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
install(FILES "${promoflow_completions}/promoflow.fish"
  DESTINATION ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
