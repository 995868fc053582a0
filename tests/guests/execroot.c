// SPDX-License-Identifier: MIT
/*
 * execnames.c as root, where records say who may run what.
 *
 * kind: identity
 * dirs: /tmp/names /tmp/names/a /tmp/names/b
 * arch: 64 32 dyn
 */
#include "execnames.c"
