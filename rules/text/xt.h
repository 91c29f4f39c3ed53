/* SPDX-License-Identifier: GPL-2.0-or-later */
#ifndef RULES_TEXT_XT_H
#define RULES_TEXT_XT_H

#include "rules/xt.h"

struct buffer;

/*
 * Append a match or a target the way `iptables -S` prints it, with a space ahead: " -m multiport
 * --dports 22,80", " -j REJECT --reject-with tcp-reset". What xt.h does not decode is named:
 * " <xt match geoip rev 0>". An ipset that was not read, of which the rule has only the index, is
 * "<ipset 3>".
 */
void xt_match_text(struct buffer *out, const struct expr *expr, uint8_t family);
void xt_target_text(struct buffer *out, const struct expr *expr, uint8_t family);

/* Parts that native expressions of iptables-nft need as well. */
void xt_ports_text(struct buffer *out, const struct xt_ports *ports);
void xt_string_text(struct buffer *out, const char *text);
/* @average as in struct xt_limit. */
void xt_limit_text(struct buffer *out, const struct xt_limit *limit);
void xt_mark_text(struct buffer *out, const struct xt_mark *mark);
/* "/24", "/255.0.255.0", or nothing for a mask of ones. */
void xt_mask_text(struct buffer *out, const struct address *mask);

#endif
