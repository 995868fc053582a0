#!/bin/bash
# The caller's environment passes as it is but for PWD; the options edit it in order.
# needs: guest
# SPDX-License-Identifier: MIT
. "$TOP/tests/integration/lib.sh"

# shellcheck disable=SC2317 # expect calls it too
in_env() { env -i A=1 B=2 LD_X=3 PATH=/usr/bin:/bin "$PR" -r "$GUEST" -w /tmp "$@" /usr/bin/env; }

sorted() { in_env "$@" | sort | paste -sd' '; }

same() { [ "$1" = "$2" ] || fail "environment is '$1', not '$2'"; }

same "$(sorted)" "A=1 B=2 LD_X=3 PATH=/usr/bin:/bin PWD=/tmp"
same "$(sorted --clear-env)" "PWD=/tmp"
same "$(sorted --clear-env --env A --env C=x=y --env NONE)" "A=1 C=x=y PWD=/tmp"
same "$(sorted --env A=9 --unset-env 'LD_*')" "A=9 B=2 PATH=/usr/bin:/bin PWD=/tmp"
printf '# comment\n\nA=from file\nB\n' >file
same "$(sorted --clear-env --env-file file)" "A=from file B=2 PWD=/tmp"
expect 125 '*--env-file /nowhere*' in_env --env-file /nowhere

# The default command: the guest's $SHELL if it has it, else /bin/sh.
# shellcheck disable=SC2016 # the guest's shell expands it
# shellcheck disable=SC2317 # expect calls it
shell_of() { echo 'echo $0' | "$PR" -r "$GUEST" -w / --env SHELL="$1"; }
expect 0 '*bash' shell_of /bin/bash
expect 0 '*sh' shell_of /no/such/shell
exit 0
