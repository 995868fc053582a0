/* SPDX-License-Identifier: MIT */
/*
 * The loaders' files as data.
 */
	.section .rodata
	.globl blob_loader_begin, blob_loader_end
	.globl blob_loader_compat_begin, blob_loader_compat_end
	.balign 16
blob_loader_begin:
	.incbin LOADER_NATIVE
blob_loader_end:
	.balign 16
blob_loader_compat_begin:
#ifdef LOADER_COMPAT
	.incbin LOADER_COMPAT
#endif
blob_loader_compat_end:
	.byte 0
	.section .note.GNU-stack, "", %progbits
