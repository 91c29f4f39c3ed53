/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_READ_NEWER_H
#define RULES_READ_NEWER_H

/*
 * What kernels after 6.1 added to <linux/netfilter/nf_tables.h>. Own names, because a later header
 * declares the kernel's as enumerators; the numbers are ABI.
 */
enum newer_nf_tables {
	/* 6.2: expression "inner" (enum nft_inner_attributes), payload base "tunnel" */
	NEWER_INNER_NUM = 1,
	NEWER_INNER_TYPE = 2,
	NEWER_INNER_FLAGS = 3,
	NEWER_INNER_HDRSIZE = 4,
	NEWER_INNER_EXPR = 5,
	NEWER_PAYLOAD_TUN_HEADER = 4,
	/* 6.9: a table that outlives its owner */
	NEWER_TABLE_F_PERSIST = 4,
	/* 6.13: bitwise with two operands (enum nft_bitwise_ops, nft_bitwise_attributes) */
	NEWER_BITWISE_AND = 3,
	NEWER_BITWISE_OR = 4,
	NEWER_BITWISE_XOR = 5,
	NEWER_BITWISE_SREG2 = 8,
	/* 6.16: what a set is made of, how much is in it (enum nft_set_attributes) */
	NEWER_SET_TYPE = 19,
	NEWER_SET_COUNT = 20,
	/* 6.17: a hook on all devices of a prefix (enum nft_devices_attributes). 6.16 said it with a
	 * NFTA_DEVICE_NAME that lacks its terminating NUL. */
	NEWER_DEVICE_PREFIX = 2,
};

#endif
