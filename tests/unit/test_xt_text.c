/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <arpa/inet.h>
#include <linux/limits.h>
#include <linux/netfilter.h>
#include <linux/netfilter/ipset/ip_set.h>
#include <linux/netfilter/nfnetlink_osf.h>
#include <linux/netfilter/xt_CT.h>
#include <linux/netfilter/xt_IDLETIMER.h>
#include <linux/netfilter/xt_LED.h>
#include <linux/netfilter/xt_NFQUEUE.h>
#include <linux/netfilter/xt_SECMARK.h>
#include <linux/netfilter/xt_SYNPROXY.h>
#include <linux/netfilter/xt_TPROXY.h>
#include <linux/netfilter/xt_bpf.h>
#include <linux/netfilter/xt_cgroup.h>
#include <linux/netfilter/xt_connmark.h>
#include <linux/netfilter/xt_hashlimit.h>
#include <linux/netfilter/xt_ipvs.h>
#include <linux/netfilter/xt_rateest.h>
#include <linux/netfilter/xt_set.h>
#include <linux/netfilter_ipv6/ip6t_srh.h>

#include "base/arena.h"
#include "base/cleanup.h"
#include "fixture.h"
#include "rules/flow.h"
#include "rules/text.h"
#include "rules/text/xt.h"

static void free_ruleset(struct ruleset **ruleset)
{
	ruleset_free(*ruleset);
}

static void close_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static const struct chain *chain_named(const struct ruleset *ruleset, const char *family,
				       const char *table, const char *chain)
{
	const struct table *found =
		ruleset_table(ruleset, strcmp(family, "ip6") ? NFPROTO_IPV4 : NFPROTO_IPV6, table);
	const struct chain *in = found ? table_chain(found, chain) : NULL;

	if (!in)
		fail_msg("no chain %s %s %s", family, table, chain);
	return in;
}

/* Rules of one chain stand together in the list, in their order. */
static void every_extension_reads_as_iptables_prints_it(void **state)
{
	cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("iptables");
	cleanup(close_file) FILE *file = fopen(FIXTURES "/iptables.txt", "r");
	char line[1024], family[8], table[16], name[32], expected[1024];
	const struct chain *before = NULL;
	size_t at = 0, compared = 0;

	(void)state;
	assert_non_null(file);
	while (fgets(line, sizeof(line), file)) {
		cleanup(buffer_release) struct buffer text = {};
		const struct chain *chain;

		assert_int_equal(sscanf(line, "%7[^\t]\t%15[^\t]\t%31[^\t]\t%1023[^\n]", family,
					table, name, expected),
				 4);
		chain = chain_named(ruleset, family, table, name);
		at = chain == before ? at + 1 : 0;
		before = chain;
		assert_true(at < chain->n_rules);
		rule_text(&text, chain->rules[at]);
		if (expected[strlen(expected) - 1] == ' ')
			expected[strlen(expected) - 1] = '\0';
		assert_string_equal(buffer_text(&text), expected);
		compared++;
	}
	assert_true(compared > 350);
}

/* What is not in the recording: older revisions, and what the recording kernel does not have. */
static void assert_words(bool match, const char *name, uint32_t revision, uint8_t family,
			 const void *info, size_t size, const char *expected)
{
	cleanup(buffer_release) struct buffer text = {};
	struct expr expr = {
		.kind = match ? EXPR_XT_MATCH : EXPR_XT_TARGET,
		.xt = {.name = name, .revision = revision, .info = {info, size}},
	};

	if (match)
		xt_match_text(&text, &expr, family);
	else
		xt_target_text(&text, &expr, family);
	assert_string_equal(buffer_text(&text), expected);
}

#define MATCH(name, revision, raw, text)                                                           \
	assert_words(true, name, revision, NFPROTO_IPV4, &(raw), sizeof(raw), text)
#define TARGET(name, revision, raw, text)                                                          \
	assert_words(false, name, revision, NFPROTO_IPV4, &(raw), sizeof(raw), text)

static void older_matches_are_worded(void **state)
{
	struct xt_hashlimit_mtinfo1 hash1 = {
		.name = "a",
		.cfg = {.mode = XT_HASHLIMIT_HASH_SIP,
			.avg = XT_HASHLIMIT_SCALE * 20,
			.burst = 5,
			.gc_interval = 1000,
			.expire = 60000,
			.srcmask = 32,
			.dstmask = 32},
	};
	struct xt_hashlimit_mtinfo2 hash2 = {
		.name = "b",
		.cfg = {.mode = XT_HASHLIMIT_INVERT,
			.avg = 1000000 / 4,
			.burst = 7,
			.max = 9,
			.gc_interval = 5,
			.expire = 1000,
			.srcmask = 24,
			.dstmask = 32},
	};
	struct xt_cgroup_info_v0 group0 = {.id = 7, .invert = 1};
	static struct xt_cgroup_info_v1 group1 = {.has_path = 1, .path = "a/b"};
	struct xt_bpf_info bpf0 = {.bpf_program_num_elem = 1, .bpf_program = {{6, 0, 0, 1}}};
	struct ip6t_srh srh0 = {
		.tag = 7, .mt_flags = IP6T_SRH_TAG, .mt_invflags = IP6T_SRH_INV_TAG};
	uint8_t flags = 3;

	(void)state;
	MATCH("hashlimit", 1, hash1,
	      " -m hashlimit --hashlimit-upto 3/min --hashlimit-burst 5 --hashlimit-mode srcip"
	      " --hashlimit-name a");
	MATCH("hashlimit", 2, hash2,
	      " -m hashlimit --hashlimit-above 4/sec --hashlimit-burst 7 --hashlimit-name b"
	      " --hashlimit-htable-max 9 --hashlimit-htable-gcinterval 5 --hashlimit-srcmask 24");
	MATCH("cgroup", 0, group0, " -m cgroup ! --cgroup 7");
	MATCH("cgroup", 1, group1, " -m cgroup --path \"a/b\"");
	MATCH("bpf", 0, bpf0, " -m bpf --bytecode \"1,6 0 0 1\"");
	assert_words(true, "srh", 0, NFPROTO_IPV6, &srh0, sizeof(srh0), " -m srh ! --srh-tag 7");
	assert_words(true, "socket", 0, NFPROTO_IPV4, NULL, 0, " -m socket");
	MATCH("socket", 2, flags, " -m socket --transparent --nowildcard");
}

static void matches_that_few_kernels_have_are_worded(void **state)
{
	char account[64] = "web";
	struct xt_ipvs_mtinfo ipvs = {
		.vaddr.ip = htonl(0x0a000000),
		.vmask.ip = htonl(0xff000000),
		.vport = htons(80),
		.l4proto = 6,
		.fwd_method = 3,
		.invert = XT_IPVS_VPORT | XT_IPVS_DIR,
		.bitmask = XT_IPVS_MASK & ~XT_IPVS_VPORTCTL,
	};
	struct xt_rateest_match_info rate = {
		.name1 = "a",
		.name2 = "b",
		.flags = XT_RATEEST_MATCH_REL | XT_RATEEST_MATCH_DELTA | XT_RATEEST_MATCH_BPS,
		.mode = XT_RATEEST_MATCH_GT,
		.bps1 = 125000,
		.bps2 = 250,
	};
	struct nf_osf_info osf = {.genre = "Linux", .flags = NF_OSF_INVERT | NF_OSF_TTL, .ttl = 2};

	(void)state;
	MATCH("nfacct", 1, account, " -m nfacct --nfacct-name  web");
	MATCH("ipvs", 0, ipvs,
	      " -m ipvs --vproto 6 --vaddr 10.0.0.0/8 ! --vport 80 --vdir REPLY --vmethod GATE");
	MATCH("rateest", 0, rate,
	      " -m rateest --rateest-delta --rateest1 a --rateest-bps1 1000Kbit --rateest-gt"
	      " --rateest-bps2 2000bit --rateest2 b");
	MATCH("osf", 0, osf, " -m osf ! --genre Linux --ttl 2");
}

static void older_targets_are_worded(void **state)
{
	uint16_t queue[] = {4, 3, 1, 0};
	struct xt_tproxy_target_info proxy = {
		.mark_mask = 1, .mark_value = 1, .laddr = htonl(0x7f000001), .lport = htons(80)};
	struct idletimer_tg_info timer = {.timeout = 42, .label = "a"};
	struct xt_connmark_tginfo1 mark = {.ctmask = 7, .nfmask = 0xff, .mode = XT_CONNMARK_SAVE};
	struct xt_ct_target_info track = {.zone = 3, .helper = "ftp"};
	struct xt_set_info_target_v1 set1 = {.add_set = {2, 2, 1 << 1},
					     .del_set.index = IPSET_INVALID_ID};

	(void)state;
	TARGET("NFQUEUE", 0, queue, " -j NFQUEUE --queue-num 4");
	TARGET("NFQUEUE", 1, queue, " -j NFQUEUE --queue-balance 4:6");
	TARGET("NFQUEUE", 2, queue, " -j NFQUEUE --queue-balance 4:6 --queue-bypass");
	TARGET("TPROXY", 0, proxy,
	       " -j TPROXY --on-port 80 --on-ip 127.0.0.1 --tproxy-mark 0x1/0x1");
	TARGET("IDLETIMER", 0, timer, " -j IDLETIMER --timeout 42 --label a");
	TARGET("CONNMARK", 1, mark, " -j CONNMARK --save-mark --nfmask 0xff --ctmask 0x7");
	TARGET("CT", 0, track, " -j CT --helper ftp --zone 3");
	TARGET("SET", 1, set1, " -j SET --add-set <ipset 2> src,dst");
}

static void targets_that_few_kernels_have_are_worded(void **state)
{
	struct xt_led_info led = {.id = "netfilter-a\"b", .delay = 500, .always_blink = 1};
	struct xt_secmark_target_info mark0 = {.mode = 1, .secctx = "a:b"};
	struct xt_secmark_target_info_v1 mark1 = {.mode = 1, .secctx = "a:b"};
	struct xt_synproxy_info proxy = {.options = XT_SYNPROXY_OPT_MSS | XT_SYNPROXY_OPT_TIMESTAMP,
					 .mss = 1460};
	struct xt_set_info_target_v3 set = {
		.add_set = {7, 1, 0},
		.del_set.index = IPSET_INVALID_ID,
		.map_set = {8, 2, 1 << 1},
		.flags = IPSET_FLAG_EXIST | IPSET_FLAG_MAP_SKBMARK,
		.timeout = 60,
	};

	(void)state;
	TARGET("LED", 0, led,
	       " -j LED --led-trigger-id \"a\\\"b\" --led-delay 500 --led-always-blink");
	TARGET("SECMARK", 0, mark0, " -j SECMARK --selctx a:b");
	TARGET("SECMARK", 1, mark1, " -j SECMARK --selctx a:b");
	TARGET("SYNPROXY", 0, proxy, " -j SYNPROXY --timestamp --mss 1460");
	TARGET("SET", 3, set,
	       " -j SET --add-set <ipset 7> dst --exist --timeout 60 --map-set <ipset 8> src,dst"
	       " --map-mark");
	TARGET("SET", 9, set, " <xt target SET rev 9>");
}

/* The same sequence everywhere: xorshift64. */
static uint64_t next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Overwrites a byte of each blob in the dump, which is ours to spoil. */
static void damage_blobs(const struct chain *chain, uint64_t *random)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		for (size_t j = 0; j < chain->rules[i]->n_exprs; j++) {
			const struct expr *expr = &chain->rules[i]->exprs[j];
			uint64_t r = next_random(random);

			if ((expr->kind != EXPR_XT_MATCH && expr->kind != EXPR_XT_TARGET) ||
			    expr->xt.info.length == 0)
				continue;
			((uint8_t *)(uintptr_t)
				 expr->xt.info.data)[(r >> 8) % expr->xt.info.length] =
				(uint8_t)(r & 1 ? r >> 40 : 0xff);
		}
	}
}

static void word_chain(const struct chain *chain)
{
	for (size_t i = 0; i < chain->n_rules; i++) {
		cleanup(buffer_release) struct buffer text = {};

		rule_text(&text, chain->rules[i]);
		assert_true(text.length > 0);
	}
}

static void evaluate(const struct ruleset *ruleset, const char *device, const char *address)
{
	struct host_link link = {.index = 2, .name = "eth0", .type = ARPHRD_ETHER, .kind = "veth"};
	struct host_address here = {.prefix = 24, .ifindex = 2};
	struct host_state host = {
		.links = &link,
		.n_links = 1,
		.addresses = &here,
		.n_addresses = 1,
		.device_ifindex = 2,
		.time_s = 1795867440,
	};
	struct flow_question question = {
		.host_ports = {25623, 25623}, .host_udp_ports = {32768, 60999}, .ota_port = 8266};
	struct arena *arena = arena_new();

	assert_true(address_parse(address, &here.address));
	assert_true(cidr_parse(device, &question.device));
	question.host = here.address;
	assert_non_null(flow_evaluate(arena, ruleset, &host, &question));
	arena_free(arena);
}

static void damaged_blobs_are_survived(void **state)
{
	uint64_t random = 5;

	(void)state;
	for (int round = 0; round < 20; round++) {
		cleanup(free_ruleset) struct ruleset *ruleset = fixture_parse("iptables");

		for (int more = 0; more <= round; more++)
			for (size_t i = 0; i < ruleset->n_tables; i++)
				for (size_t j = 0; j < ruleset->tables[i]->n_chains; j++)
					damage_blobs(ruleset->tables[i]->chains[j], &random);
		for (size_t i = 0; i < ruleset->n_tables; i++)
			for (size_t j = 0; j < ruleset->tables[i]->n_chains; j++)
				word_chain(ruleset->tables[i]->chains[j]);
		evaluate(ruleset, "192.168.178.178", "192.168.178.24");
		evaluate(ruleset, "fd00:178::178", "fd00:178::24");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_extension_reads_as_iptables_prints_it),
		cmocka_unit_test(older_matches_are_worded),
		cmocka_unit_test(matches_that_few_kernels_have_are_worded),
		cmocka_unit_test(older_targets_are_worded),
		cmocka_unit_test(targets_that_few_kernels_have_are_worded),
		cmocka_unit_test(damaged_blobs_are_survived),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
