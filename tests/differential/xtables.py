# SPDX-License-Identifier: GPL-2.0-or-later
"""iptables rulesets out of a seed, in the form that iptables-save writes."""

from matches import IN, OUT
from values import DEVICE, DEVICE_MAC, HOST, OTA_PORT, OTHER, Values

CHAINS = {"filter": ["INPUT", "OUTPUT"], "mangle": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
          "raw": ["PREROUTING", "OUTPUT"], "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]}
BUILT_IN = {"filter": ["INPUT", "FORWARD", "OUTPUT"], "raw": ["PREROUTING", "OUTPUT"],
            "mangle": ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
            "nat": ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]}


class Generator(Values):
    def __init__(self, seed, version, backend="nft"):
        super().__init__(seed)
        self.version, self.backend = version, backend
        self.hazy = self.stateful = False
        self.haze = 0.0

    # -- matches --------------------------------------------------------------------------------

    def bang(self):
        return self.pick("", "", "", "! ")

    def ports(self):
        near = "dport" if self.way == IN else "sport"
        kind = self.random.randrange(5)
        if kind == 0:
            return f"-p tcp -m tcp {self.bang()}--{near} {self.port()}"
        if kind == 1:
            return f"-p tcp -m tcp {self.bang()}--{near} {self.port_range().replace('-', ':')}"
        which = self.pick(near + "s", near + "s", "ports")
        if which == "ports":
            self.hazy = True
        elements = ",".join(element.replace("-", ":") for element in self.port_elements()[:7])
        return f"-p tcp -m multiport {self.bang()}--{which} {elements}"

    def addresses(self):
        far, near = ("s", "d") if self.way == IN else ("d", "s")
        version = self.version
        plain = [a for a in (DEVICE[version], OTHER[version], HOST[version])]
        network = self.pick(*({4: ["192.168.178.0/24", "192.168.178.128/25", "10.0.0.0/8"],
                               6: ["fd00::/64", "fd00::/8", "fe80::/10"]}[version]))
        side = "src" if self.way == IN else "dst"
        low, high = {4: ("192.168.178.100", "192.168.178.200"), 6: ("fd00::100", "fd00::1ff")}[version]
        return self.pick(f"{self.bang()}-{far} {self.pick(*plain[:2])}",
                         f"{self.bang()}-{far} {network}",
                         f"{self.bang()}-{near} {HOST[version]}",
                         f"-m iprange {self.bang()}--{side}-range {low}-{high}")

    def others(self, table, chain):
        inward = chain in ("PREROUTING", "INPUT")
        interface = "i" if inward else "o"
        choices = [
            f"{self.bang()}-{interface} {self.pick('eth0', 'eth0', 'lo', 'eth+', 'wlan0')}",
            f"-m mark {self.bang()}--mark {self.pick('0x0', '0x1', '0x1/0x1', '0x2/0xff')}",
            f"-m pkttype {self.bang()}--pkt-type {self.pick('unicast', 'broadcast')}",
            f"{self.bang()}-p {self.pick('tcp', 'udp')}",
            "-m comment --comment \"as people do\"",
            f"-p tcp -m tcp {self.bang()}--tcp-flags FIN,SYN,RST,ACK SYN",
            f"-p tcp -m tcp --tcp-flags SYN,ACK {self.pick('SYN', 'SYN,ACK', 'ACK')}",
            f"-m addrtype {self.bang()}--{'dst' if inward else 'src'}-type LOCAL",
            f"-m addrtype {self.bang()}--{'src' if inward else 'dst'}-type "
            f"{self.pick('UNICAST', 'LOCAL', 'BROADCAST') if self.version == 4 else 'UNICAST'}",
            f"-p udp -m udp --{'s' if inward else 'd'}port {OTA_PORT}",
        ]
        if inward:
            choices += [f"-m mac {self.bang()}--mac-source {self.pick(DEVICE_MAC, '00:11:22:33:44:55')}"]
        if chain == "OUTPUT":
            choices += [f"-m owner {self.bang()}--uid-owner {self.pick(0, 1000)}",
                        "-m owner --socket-exists"]
        if chain == "PREROUTING" and table in ("raw", "mangle"):
            choices += [f"-m rpfilter {self.pick('', '--invert', '--loose', '--validmark')}".strip()]
        if self.version == 4:
            choices += [f"{self.bang()}-f"]
        return self.pick(*choices)

    def rare(self, table, chain):
        """What few rulesets hold."""
        inward = chain in ("PREROUTING", "INPUT")
        near = "dst" if inward else "src"
        choices = [
            "-p tcp -m tcp --syn", f"-p tcp -m tcp {self.bang()}--tcp-option 99",
            f"-m devgroup {self.bang()}--{'src' if inward else 'dst'}-group {self.pick('0x0', '0x7')}",
            f"-m policy --dir {'in' if inward else 'out'} --pol {self.pick('none', 'ipsec')}",
            "-m time --datestart 2020-01-01T00:00:00 --datestop 2037-01-01T00:00:00",
            "-m time --weekdays Mon,Tue,Wed,Thu,Fri,Sat,Sun",
            f"-m helper {self.bang()}--helper ftp", "-m connlabel --label 1",
            f"-m u32 --u32 \"{'6&0xFF=0x6' if self.version == 4 else '3&0xFF=0x6'}\"",
            f"-m addrtype --{near}-type LOCAL --limit-iface-{'in' if inward else 'out'}"
            if self.version == 4 and chain not in ("FORWARD",) else "-m cpu ! --cpu 99",
            "-m state --state NEW,ESTABLISHED,RELATED,INVALID,UNTRACKED",
            "-m conntrack --ctexpire 1:1000000", f"-m conntrack --ctproto {self.pick(6, 17)}",
        ]
        if inward:
            choices += ["-m socket", "-m socket --nowildcard", "-m socket --transparent"]
        else:
            choices += ["-m owner --gid-owner 0", "-m owner ! --uid-owner 500-600",
                        "-m cgroup --cgroup 0"]
        return self.pick(*choices)

    def tracked(self):
        version = self.version
        return "-m conntrack " + self.pick(
            *[f"{self.bang()}--ctstate {s}" for s in
              ("NEW", "RELATED,ESTABLISHED", "INVALID", "NEW,UNTRACKED", "ESTABLISHED", "DNAT",
               "SNAT,ESTABLISHED")],
            f"{self.bang()}--ctstatus {self.pick('SEEN_REPLY', 'ASSURED', 'CONFIRMED', 'NONE')}",
            f"--ctdir {self.pick('ORIGINAL', 'REPLY')}",
            f"{self.bang()}--ctorigsrc {self.pick(DEVICE[version], OTHER[version])}",
            f"--ctproto 6 --ctorigdstport {self.port()}",
            f"--ctproto 6 --ctorigdstport {self.port_range().replace('-', ':')}",
        ) if self.chance(0.85) else self.pick(
            f"-m state --state {self.pick('NEW', 'RELATED,ESTABLISHED', 'INVALID')}",
            f"-m connmark {self.bang()}--mark {self.pick('0x0', '0x1', '0x1/0x1')}")

    def unknowable(self):
        self.hazy = True
        return self.pick("-m limit --limit 3/min --limit-burst 3",
                         "-m statistic --mode random --probability 0.5",
                         "-m hashlimit --hashlimit-upto 5/min --hashlimit-mode srcip "
                         f"--hashlimit-name h{self.random.randrange(10**6)}",
                         f"-m length --length {self.pick('0:50', '60', '41:100')}",
                         "-m connlimit --connlimit-above 1", "-m dscp --dscp 0x08",
                         "-m ttl --ttl-lt 65" if self.version == 4 else "-m hl --hl-eq 255")

    def matches(self, table, chain):
        self.way = IN if chain in ("PREROUTING", "INPUT") else OUT
        early = table == "raw"
        kinds = [(10, self.ports), (6, self.addresses),
                 (7, lambda: self.others(table, chain)), (2, lambda: self.rare(table, chain)), (1 if early else 5, self.tracked)]
        parts = [self.weighted(kinds)() for _ in range(self.pick(0, 1, 1, 1, 2, 2, 3))]
        if self.chance(self.haze):
            parts.append(self.unknowable())
        return self.compatible(parts)

    def compatible(self, parts):
        """One protocol, one interface, one source and so on a rule, or it is refused."""
        seen, kept = set(), []
        for part in parts:
            words = part.split()
            keys = {word for word in words if word in ("-p", "-s", "-d", "-i", "-o", "-f")}
            keys |= {words[at + 1] for at, word in enumerate(words) if word == "-m"}
            if keys & seen:
                continue
            seen |= keys
            # The protocol has to come before what depends on it.
            kept.insert(0, part) if "-p" in keys else kept.append(part)
        return kept

    # -- targets --------------------------------------------------------------------------------

    def target(self, table, chain, targets):
        choices = ["ACCEPT"] * 5 + ["DROP"] * 2 + ["RETURN"]
        choices += [name for name in targets] * 2
        if table == "filter":
            reject = "icmp-port-unreachable" if self.version == 4 else "icmp6-adm-prohibited"
            choices += ["REJECT", f"REJECT --reject-with {reject}"]
        if table == "mangle":
            choices += [f"MARK --set-xmark {self.pick('0x1/0xffffffff', '0x1/0x1', '0x2/0x3')}",
                        "MARK --or-mark 0x1",
                        "TTL --ttl-set 64" if self.version == 4 else "HL --hl-set 64",
                        "DSCP --set-dscp 0x08",
                        f"CONNMARK {self.pick('--save-mark', '--restore-mark', '--set-xmark 0x1/0xffffffff')}"] * 2
        if table == "raw":
            choices += ["CT --notrack", "CT --notrack", "NOTRACK"]
        if table == "nat":
            choices = ["ACCEPT", "RETURN"] + targets + self.translations(chain) * 2
        return "-j " + self.pick(*choices)

    def translations(self, chain):
        version, port = self.version, self.port()
        host = HOST[4] if version == 4 else f"[{HOST[6]}]"
        if chain == "PREROUTING":
            return [f"REDIRECT --to-ports {port}", f"DNAT --to-destination {host}:{port}",
                    f"DNAT --to-destination {OTHER[version]}"]
        if chain == "OUTPUT":
            return [f"DNAT --to-destination {self.pick(DEVICE[version], OTHER[version])}"]
        if chain == "INPUT":
            return [f"SNAT --to-source {DEVICE[version]}"]
        return ["MASQUERADE", f"SNAT --to-source {HOST[version]}"]

    def rule(self, table, chain, targets):
        parts = self.matches(table, chain)
        target = self.target(table, chain, targets)
        if self.chance(0.1):
            target = f'-j {self.pick("LOG --log-prefix in: ", "NFLOG --nflog-group 5")}'
        if ("--to-ports" in target or ":" in target.split()[-1] and table == "nat"
                or "tcp-reset" in target) and not any("-p tcp" in part for part in parts):
            parts = [part for part in parts if "-p " not in part]
            parts.insert(0, f"-p tcp -m tcp --dport {self.port()}")
        if not parts and self.chance(0.8):
            parts = [self.ports()]
        return parts + [target]

    # -- tables ---------------------------------------------------------------------------------

    def table(self, name):
        chains, own = [], []
        for built_in in BUILT_IN[name]:
            policy = "ACCEPT"
            rules = []
            if built_in in CHAINS[name] and self.chance(0.9 if built_in in ("INPUT", "PREROUTING")
                                                        else 0.4):
                policy = "DROP" if name == "filter" and self.chance(
                    0.5 if built_in == "INPUT" else 0.1) else "ACCEPT"
                rules, more = self.built_in_rules(name, built_in)
                own += more
            if built_in == "INPUT" and self.version == 6:
                rules.insert(0, ["-p ipv6-icmp", "-j ACCEPT"])
            chains.append({"name": built_in, "base": policy, "rules": rules})
        return {"name": name, "chains": chains + own}

    def built_in_rules(self, table, chain):
        own = []
        for index in range(self.pick(0, 0, 1, 2)):
            targets = [entry["name"] for entry in own]
            own.append({"name": f"{table}-{chain[:3]}-{index}".lower(), "base": None,
                        "rules": [self.rule(table, chain, targets)
                                  for _ in range(self.random.randint(1, 3))]})
        rules = [self.rule(table, chain, [entry["name"] for entry in own])
                 for _ in range(self.random.randint(1, 7))]
        if table == "filter" and self.chance(0.7):
            rules.insert(0, ["-m conntrack --ctstate RELATED,ESTABLISHED", "-j ACCEPT"])
        return rules, own

    def ruleset(self):
        self.haze = self.pick(0, 0, 0, 0.08)
        names = ["filter"] + [name for name, chance in (("mangle", 0.25), ("raw", 0.2),
                                                        ("nat", 0.25)) if self.chance(chance)]
        six = "6" if self.version == 6 else ""
        return {"how": f"ip{six}tables-{self.backend}-restore",
                "tables": [self.table(name) for name in names]}
