// SPDX-License-Identifier: MIT
/* Does the host run 32-bit programs (tests/lib.py)? */
int main(void)
{
	return 0;
}
