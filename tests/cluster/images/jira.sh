#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands for the image that opens a ticket in Jira: it writes the name where the hook looks.
set -e
test "$ACTION" = issue_create
printf 'TEST-1' >/tmp/JIRA_ISSUE_SOURCE_FIELD
