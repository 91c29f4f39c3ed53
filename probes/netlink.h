/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef PROBES_NETLINK_H
#define PROBES_NETLINK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <libmnl/libmnl.h>

#include "base/address.h"
#include "base/error.h"

/*
 * One question to the kernel over rtnetlink or sock_diag. @message is called for each message of
 * the answer and returns 0 or -errno, which ends the conversation. A dump that the kernel marks as
 * interrupted (NLM_F_DUMP_INTR: the table changed while it was read) is asked again; @restart is
 * called first, so that what was collected can be thrown away.
 */
struct netlink_question {
	int protocol;     /* NETLINK_ROUTE, NETLINK_SOCK_DIAG */
	const char *what; /* completes "cannot …": "list the network interfaces" */
	int (*message)(const struct nlmsghdr *message, void *context);
	void (*restart)(void *context); /* NULL when there is nothing to throw away */
	void *context;
	/* Takes out of a message what no record shall hold; NULL if there is nothing of the kind. */
	void (*censor)(struct nlmsghdr *message);
};

enum { NETLINK_REQUEST_SIZE = 512 };

/*
 * Starts a request in @buffer (NETLINK_REQUEST_SIZE bytes): a zeroed family header of @header_size
 * bytes is reserved and its address stored in *@ret_header.
 */
struct nlmsghdr *netlink_request(char *buffer, uint16_t type, uint16_t flags, size_t header_size,
				 void *ret_header);

/*
 * Sends @request and hands each message of the answer to @question. Returns 0, or -errno: the
 * kernel's own refusal (NLMSG_ERROR) as well as a failure to ask. If @ret_refused is not NULL it
 * tells them apart, and a refusal is the caller's to judge: @err is then left alone.
 */
int netlink_ask(const struct netlink_question *question, struct nlmsghdr *request,
		bool *ret_refused, struct error *err);

/* Whether a record that is diagnosed holds the answer, so that netlink_ask() would give it. */
bool netlink_is_recorded(const struct netlink_question *question, const struct nlmsghdr *request);

/* Makes the attributes of @type behind a header of @header_size bytes into zeros of type 0. */
void netlink_blank(struct nlmsghdr *message, size_t header_size, uint16_t type);

/*
 * Attributes into values, with their length checked: false (and *@ret untouched) when the
 * attribute is NULL or shorter than the type.
 */
bool netlink_u8(const struct nlattr *attribute, uint8_t *ret);
bool netlink_u32(const struct nlattr *attribute, uint32_t *ret);
bool netlink_address(const struct nlattr *attribute, int family, struct address *ret);
/* Copies a text attribute, terminated or not, cut at @size - 1. */
bool netlink_text(const struct nlattr *attribute, char *text, size_t size);

/* The family header of a message of type @type, NULL if it is of another type or cut short. */
const void *netlink_header(const struct nlmsghdr *message, uint16_t type, size_t size);
/*
 * Sorts the attributes after a header of @header_size bytes into @table by type; those of
 * @count and above are left out.
 */
void netlink_attributes(const struct nlmsghdr *message, size_t header_size,
			const struct nlattr **table, size_t count);
void netlink_payload(const void *payload, size_t length, const struct nlattr **table, size_t count);
void netlink_nested(const struct nlattr *nest, const struct nlattr **table, size_t count);

#endif
