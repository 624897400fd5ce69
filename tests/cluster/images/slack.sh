#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Stands for the image that sends a message to Slack: it keeps the message in a file.
set -e
test -n "$SLACK_HOOK_URL"
file="$(mktemp "$OUTBOX/message.XXXXXX")"
printf '%s\n' "$SLACK_TEXT" >"$file"
