#!/bin/bash
# Job control in an interactive bash on a pty: ^C, ^Z, fg, bg, kill -STOP, exit; T in ps.
# needs: guest python3
# SPDX-License-Identifier: MIT
exec python3 "$TOP/tests/integration/jobs.py"
