/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <linux/netfilter/nf_tables.h>

#include "base/cleanup.h"
#include "rules/eval/run.h"

/* All kinds of expressions: what evaluates them, and how. */

static void eval_nothing(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_continue(run, branch);
}

/* The device speaks no IPsec. */
static void eval_missing(struct run *run, struct branch *branch, const struct expr *expr)
{
	(void)expr;
	run_break(run, branch);
}

/* Nor does it come through a tunnel of ours; that there is none can be asked (nft_tunnel_get_eval()). */
static void load_no_tunnel(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_number(run, branch, expr->tunnel.dreg, 0, 1);
}

static void load_unread_tunnel(struct run *run, struct branch *branch, const struct expr *expr)
{
	run_load_doubtful(run, branch, expr->tunnel.dreg, 16, "a property of a tunnel");
}

static const char ipsec_how[] = "missing: the device speaks no IPsec";
static const char translation_how[] =
	"accepts with the new end, which rules after it and the packets of the answer see; "
	"unknown where a random port, an offset or netmap chooses, and for what is not tracked";

static const struct key tunnel_rows[] = {
	[NFT_TUNNEL_PATH] = {"path", load_no_tunnel,
			     DECIDED(BY_NATURE,
				     "0: the device does not come through a tunnel of ours")},
	[NFT_TUNNEL_ID] = {"id", eval_missing,
			   DECIDED(BY_NATURE,
				   "missing: the device does not come through a tunnel of "
				   "ours")},
};

static const struct key xfrm_rows[] = {
	[NFT_XFRM_KEY_DADDR_IP4] = {"ip daddr", NULL, DECIDED(BY_NATURE, ipsec_how)},
	[NFT_XFRM_KEY_DADDR_IP6] = {"ip6 daddr", NULL, DECIDED(BY_NATURE, ipsec_how)},
	[NFT_XFRM_KEY_SADDR_IP4] = {"ip saddr", NULL, DECIDED(BY_NATURE, ipsec_how)},
	[NFT_XFRM_KEY_SADDR_IP6] = {"ip6 saddr", NULL, DECIDED(BY_NATURE, ipsec_how)},
	[NFT_XFRM_KEY_REQID] = {"reqid", NULL, DECIDED(BY_NATURE, ipsec_how)},
	[NFT_XFRM_KEY_SPI] = {"spi", NULL, DECIDED(BY_NATURE, ipsec_how)},
};

static const struct keys tunnel_keys = {
	tunnel_rows,
	ARRAY_SIZE(tunnel_rows),
	{"any other", load_unread_tunnel, DECIDED(BY_NOBODY, "not known to this program")}};

static void eval_tunnel(struct run *run, struct branch *branch, const struct expr *expr)
{
	key_evaluate(&tunnel_keys, expr->tunnel.key, run, branch, expr);
}

static const struct keys xfrm_keys = {
	xfrm_rows, ARRAY_SIZE(xfrm_rows), {"any other", NULL, DECIDED(BY_NATURE, ipsec_how)}};

const struct expression expressions[] = {
	[EXPR_UNKNOWN] = {"any other", NULL, NULL, DECIDED(BY_NOBODY, "not known to this program")},
	[EXPR_BITWISE] = {"bitwise", eval_bitwise, NULL,
			  DECIDED(BY_PACKET,
				  "calculates with what was loaded, bit by bit, known and "
				  "unknown")},
	[EXPR_BYTEORDER] = {"byteorder", eval_byteorder, NULL,
			    DECIDED(BY_PACKET, "turns round what was loaded, known and unknown")},
	[EXPR_CMP] = {"cmp", eval_cmp, NULL,
		      DECIDED(BY_PACKET | BY_NOBODY,
			      "cuts the class in what matches and what does not; "
			      "unknown if what was loaded is")},
	[EXPR_CONNLIMIT] = {"connlimit", eval_connlimit, NULL,
			    DECIDED(BY_NOBODY, "how many connections there are is in no dump")},
	[EXPR_COUNTER] = {"counter", eval_nothing, NULL, DECIDED(BY_NATURE, "goes on")},
	[EXPR_CT] = {"ct", eval_ct, &ct_keys,
		     DECIDED(BY_CONNECTION | BY_NOBODY,
			     "all keys but state: missing without a connection, "
			     "unknown of one that was tracked in part; in bridges: "
			     "unknown")},
	[EXPR_CT_SET] = {"ct set", eval_ct_set, &ct_set_keys, {}},
	[EXPR_DUP] = {"dup", eval_nothing, NULL,
		      DECIDED(BY_NATURE, "goes on; the copy is no matter of ours")},
	[EXPR_DYNSET] = {"dynset", eval_dynset, NULL,
			 DECIDED(BY_CHANGING | BY_NOBODY,
				 "goes on; whether the set has what it looks for is "
				 "unknown from then on; unknown with a limit in it, and if"
				 " inverted")},
	[EXPR_EXTHDR] = {"exthdr", eval_exthdr, &exthdr_operations,
			 DECIDED(BY_PACKET,
				 "as a statement that writes or removes a TCP option: no "
				 "match in UDP, else goes on")},
	[EXPR_FIB] = {"fib", eval_fib, &fib_results, {}},
	[EXPR_FLOW_OFFLOAD] = {"flow_offload", eval_nothing, NULL, DECIDED(BY_NATURE, "goes on")},
	[EXPR_FWD] = {"fwd", eval_forward_device, NULL,
		      DECIDED(BY_ENDING, "dropped: the packet leaves through another interface")},
	[EXPR_HASH] = {"hash", eval_hash, &hash_types, {}},
	[EXPR_IMMEDIATE] = {"immediate", eval_immediate, NULL,
			    DECIDED(BY_NATURE | BY_ENDING | BY_NOBODY,
				    "loads what is written there, or is a verdict; that of a "
				    "queue is unknown")},
	[EXPR_INNER] = {"inner", NULL, NULL,
			DECIDED(BY_NOBODY, "what tunnels carry is not followed")},
	[EXPR_LAST] = {"last", eval_nothing, NULL, DECIDED(BY_NATURE, "goes on")},
	[EXPR_LIMIT] = {"limit", eval_limit, NULL,
			DECIDED(BY_NOBODY, "how many tokens are left is in no dump")},
	[EXPR_LOG] = {"log", eval_nothing, NULL, DECIDED(BY_NATURE, "goes on")},
	[EXPR_LOOKUP] = {"lookup", eval_lookup, NULL,
			 DECIDED(BY_PACKET | BY_RULES | BY_NOBODY,
				 "cuts the class by the elements of the set or map; "
				 "unknown if that was not read whole, if a rule has "
				 "changed it meanwhile, if elements have limits, or if "
				 "what was loaded is unknown")},
	[EXPR_MASQ] = {"masq", eval_masquerade, NULL,
		       DECIDED(BY_HOST | BY_CHANGING | BY_ENDING | BY_NOBODY,
			       "as nat, to the address of the interface in the device's "
			       "network")},
	[EXPR_META] = {"meta", eval_meta, &meta_keys, {}},
	[EXPR_META_SET] = {"meta set", eval_meta_set, &meta_set_keys, {}},
	[EXPR_NAT] = {"nat", eval_nat, NULL,
		      DECIDED(BY_PACKET | BY_CONNECTION | BY_CHANGING | BY_ENDING | BY_NOBODY,
			      translation_how)},
	[EXPR_NOTRACK] = {"notrack", eval_notrack, NULL,
			  DECIDED(BY_CONNECTION | BY_CHANGING,
				  "untracked from here on, if conntrack has not seen the "
				  "packet and no rule has given it a zone")},
	[EXPR_NUMGEN] = {"numgen", eval_numgen, &numgen_types, {}},
	[EXPR_OBJREF] = {"objref", eval_object_reference, &object_types,
			 DECIDED(BY_PACKET | BY_RULES | BY_NOBODY,
				 "by a map from keys to objects: as lookup; unknown if the"
				 " object was not read")},
	[EXPR_OSF] = {"osf", eval_osf, NULL,
		      DECIDED(BY_PACKET | BY_NOBODY,
			      "a guess from a SYN or its answer, for which the kernel's"
			      " fingerprints are in no dump: unknown; no match for "
			      "other packets")},
	[EXPR_PAYLOAD] = {"payload", eval_payload, &payload_bases, {}},
	[EXPR_PAYLOAD_SET] = {"payload set", eval_payload_set, &payload_set_bases, {}},
	[EXPR_QUEUE] = {"queue", eval_queue, NULL,
			DECIDED(BY_NOBODY, "what a program makes of the packet")},
	[EXPR_QUOTA] = {"quota", eval_quota, NULL,
			DECIDED(BY_PACKET | BY_RULES | BY_NOBODY,
				"what was consumed when the rules were read; unknown "
				"where an upload may use up the rest")},
	[EXPR_RANGE] = {"range", eval_range, NULL, DECIDED(BY_PACKET | BY_NOBODY, "as cmp")},
	[EXPR_REDIR] = {"redir", eval_redirect, NULL,
			DECIDED(BY_HOST | BY_CHANGING | BY_ENDING | BY_NOBODY,
				"as nat, to an address of the interface on the way in, to"
				" the loopback address on the way out")},
	[EXPR_REJECT] = {"reject", eval_reject, NULL, DECIDED(BY_ENDING, "rejected")},
	[EXPR_RT] = {"rt", eval_rt, &rt_keys,
		     DECIDED(BY_PACKET, "all keys: missing in prerouting and at ingress, ahead of"
					" the routing decision")},
	[EXPR_SOCKET] = {"socket", eval_socket, &socket_keys,
			 DECIDED(BY_PACKET | BY_NOBODY,
				 "all keys but transparent: missing of the host's SYN-ACK;"
				 " unknown of the device's next packet, which meets a "
				 "request or the connection")},
	[EXPR_SYNPROXY] = {"synproxy", eval_synproxy, NULL,
			   DECIDED(BY_PACKET | BY_NOBODY,
				   "no match in UDP; the proxy answers for the host: unknown")},
	[EXPR_TPROXY] = {"tproxy", eval_tproxy, NULL,
			 DECIDED(BY_HOST | BY_NOBODY,
				 "no match if no socket of the host is transparent; else "
				 "whose it is and what it makes of the packet: unknown")},
	[EXPR_TUNNEL] = {"tunnel", eval_tunnel, &tunnel_keys, {}},
	[EXPR_XFRM] = {"xfrm", eval_missing, &xfrm_keys, {}},
	[EXPR_XT_MATCH] = {"match", eval_xt_match, NULL,
			   DECIDED(BY_PACKET | BY_NOBODY,
				   "a match of iptables, see below; unknown if it is not "
				   "there")},
	[EXPR_XT_TARGET] = {"target", eval_xt_target, NULL,
			    DECIDED(BY_NOBODY | BY_ENDING,
				    "a target of iptables, see below; unknown if it is not "
				    "there, and of ebtables")},
};

_Static_assert(ARRAY_SIZE(expressions) == EXPR_KINDS, "a row for each kind of expression");
