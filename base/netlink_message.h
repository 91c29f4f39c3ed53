/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef BASE_NETLINK_MESSAGE_H
#define BASE_NETLINK_MESSAGE_H

#include <linux/netlink.h>
#include <stdbool.h>
#include <stddef.h>

/*
 * Whether @left bytes hold the message that begins with them whole, padding included. For bytes that no
 * kernel vouches for: to mnl_nlmsg_ok() a length of 2 GB and more is negative, and so small enough, and
 * mnl_attr_for_each() takes the padding behind a message for part of it.
 */
static inline bool netlink_message_is_whole(const struct nlmsghdr *message, size_t left)
{
	if (left < sizeof(*message) || message->nlmsg_len < sizeof(*message))
		return false;
	size_t padding = -(size_t)message->nlmsg_len % NLMSG_ALIGNTO;
	return message->nlmsg_len <= left && padding <= left - message->nlmsg_len;
}

#endif
