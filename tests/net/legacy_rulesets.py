# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets of legacy iptables out of a seed, with ipsets, and sometimes nf_tables beside them.

As rulesets.py: a ruleset comes with the ports at which its verdict may change, and `hazy` if it
holds something whose outcome no one can know beforehand.
"""

import random
import re

from rulesets import DEVICE, DEVICE_MAC, HOST, OTHER

# Addresses by family: of the machines, as a rule has them, as a set has them, and of a set's network.
WORDS = {
    4: {"host": HOST, "device": DEVICE, "other": OTHER, "lan": "192.168.178.0/24", "ours": "192.168.178.",
        "asked": ("-i", DEVICE), "command": "iptables-legacy", "family": "inet", "netmask": 28,
        "addresses": ("192.168.178.0/24", "192.168.178.128/25", "192.168.178.0/25", "10.0.0.0/8",
                      "192.168.178.178/31", "0.0.0.178/0.0.0.255", "192.168.0.178/255.255.0.255",
                      "192.168.178.179"),
        "networks": ("192.168.178.0/24", "192.168.178.128/25", "192.168.178.0/25", "192.168.178.176/28",
                     "192.168.178.178/31", "10.0.0.0/8", "192.168.176.0/21"),
        "prohibited": "icmp-host-prohibited", "to": HOST},
    6: {"host": "fd00:178::24", "device": "fd00:178::178", "other": "fd00:178::99", "lan": "fd00:178::/64",
        "ours": "fd00:178::", "asked": ("--from", "fd00:178::178/128"), "command": "ip6tables-legacy",
        "family": "inet6", "netmask": 124,
        "addresses": ("fd00:178::/64", "fd00:178::100/120", "fd00:178::/121", "fd00::/13", "2001:db8::/32",
                      "fd00:178::178/127", "::178/::ffff", "fd00::178/ffff::ffff", "fd00:178::179"),
        "networks": ("fd00:178::/64", "fd00:178::100/120", "fd00:178::/121", "fd00:178::170/124",
                     "fd00:178::178/127", "2001:db8::/32", "fd00::/13"),
        "prohibited": "icmp6-adm-prohibited", "to": "[fd00:178::24]"},
}

TABLES = {
    "raw": ("PREROUTING", "OUTPUT"),
    "mangle": ("PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"),
    "nat": ("PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"),
    "filter": ("INPUT", "FORWARD", "OUTPUT"),
    "security": ("INPUT", "FORWARD", "OUTPUT"),
}


def restore_text(chains, rules):
    """For iptables-restore: all tables, so that nothing of an earlier ruleset is left."""
    lines = []
    for table, builtins in TABLES.items():
        lines.append(f"*{table}")
        names = list(builtins) + [name for where, name in chains if where == table]
        for name in dict.fromkeys(names):
            lines.append(f":{name} {chains.get((table, name), 'ACCEPT')} [0:0]")
        lines += [f"-A {rule}" for where, rule in rules if where == table]
        lines.append("COMMIT")
    return "\n".join(lines) + "\n"


EMPTY = restore_text({}, [])


class Ruleset:
    def __init__(self, words, sets, legacy, listed, nft, ports, hazy):
        self.asked, self.host, self.command = words["asked"], words["host"], words["command"]
        self.sets, self.legacy, self.listed, self.nft = sets, legacy, listed, nft
        self.ports, self.hazy = ports, hazy
        self.text = "".join((sets, legacy, f"listed: {listed}\n" if listed else "", nft))

    def load(self, in_host):
        """None, or what was said instead."""
        steps = [(("iptables-legacy-restore",), EMPTY), (("ip6tables-legacy-restore",), EMPTY), (("nft", "flush", "ruleset"), None),
                 (("ipset", "flush"), None), (("ipset", "destroy"), None),
                 (("ipset", "restore"), self.sets), ((self.command + "-restore",), self.legacy),
                 (("nft", "-f", "-"), self.nft)]
        steps += [(("tee", f"/proc/net/xt_recent/{name}"), f"+{address}\n")
                  for name, address in self.listed]
        for command, text in steps:
            done = in_host(*command, text=text)
            if done.returncode:
                return f"{command[0]} refuses it: {done.stderr[:400]}"
        return None

    def counted(self, in_host, rule):
        """How many packets a rule of a report, or a policy, has met; None: nobody counts."""
        if not rule or rule["backend"] != "legacy":
            return None
        table, chain = rule["table"], rule["chain"]
        if rule["kind"] == "policy":
            listed = in_host(self.command, "-t", table, "-S", chain, "-v").stdout
            return int(re.search(rf"^-P {chain} \S+ -c (\d+)", listed, re.M)[1])
        listed = in_host(self.command, "-t", table, "-vnxL", chain, str(rule["position"]))
        return int(listed.stdout.split()[0])


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.words = WORDS[self.pick(4, 4, 6)]
        self.boundaries = set()
        self.hazy = False
        self.sets = []
        self.dimensions = {}
        self.listed = []
        self.chains = {}
        self.rules = []

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    # -- values ---------------------------------------------------------------------------------

    def port(self):
        port = self.pick(18266, 8266, 5000, 22000, self.random.randint(1030, 65000))
        self.boundaries.update((port - 1, port, port + 1))
        return port

    def port_range(self, separator=":"):
        low = self.port()
        high = min(65534, low + self.pick(1, 7, 100, 2000, 20000))
        self.boundaries.update((high - 1, high, high + 1))
        return f"{low}{separator}{high}"

    def address(self):
        return self.pick(self.words["device"], self.words["device"], self.words["other"],
                         *self.words["addresses"])

    def network(self):
        return self.pick(self.words["device"], self.words["other"], *self.words["networks"])

    def negated(self):
        return self.pick("", "", "", "! ")

    # -- ipsets ---------------------------------------------------------------------------------

    def members(self, make, most=6):
        return list(dict.fromkeys(make() for _ in range(self.random.randint(1, most))))

    def exception(self):
        return self.pick("", "", "", " nomatch")

    def small_range(self):
        low = self.port()
        high = low + self.pick(0, 1, 30)
        self.boundaries.update((high, high + 1))
        return str(low) if low == high else f"{low}-{high}"

    def new_set(self):
        """The arguments of a match with a set of its own."""
        kinds = ["hash:ip", "hash:ip", "hash:net", "hash:net", "hash:ip,port", "hash:net,port",
                 "hash:ip,port,net", "hash:ip,port,ip", "hash:net,iface", "bitmap:port", "list:set"]
        if self.words["family"] == "inet":
            kinds += ["bitmap:ip", "bitmap:ip,mac"]
        kind = self.random.choice(kinds)
        host, device, other = (self.words[who] for who in ("host", "device", "other"))
        name = f"s{len(self.dimensions)}"
        options, ends, elements = "", None, []
        if kind == "hash:ip":
            options = self.pick("", "", f" netmask {self.words['netmask']}", " timeout 500")
            elements, ends = self.members(lambda: self.pick(device, other, self.words["ours"] + "180")), "src"
        elif kind == "hash:net":
            elements, ends = self.members(lambda: self.network() + self.exception()), "src"
        elif kind == "hash:ip,port":
            elements = self.members(
                lambda: f"{self.pick(device, device, other)},{self.pick('tcp:', '', 'udp:')}{self.small_range()}")
            ends = "src,dst"
        elif kind == "hash:net,port":
            elements = self.members(
                lambda: f"{self.network()},tcp:{self.small_range()}{self.exception()}")
            ends = "src,dst"
        elif kind == "hash:ip,port,net":
            elements = self.members(lambda: f"{self.pick(host, host, device)},{self.small_range()},"
                                            f"{self.network()}{self.exception()}")
            ends = "dst,dst,src"
        elif kind == "hash:ip,port,ip":
            elements = self.members(lambda: f"{self.pick(device, other)},{self.small_range()},"
                                            f"{self.pick(host, host, other)}")
            ends = "src,dst,dst"
        elif kind == "hash:net,iface":
            elements = self.members(
                lambda: f"{self.network()},{self.pick('eth0', 'eth0', 'lo')}{self.exception()}")
            ends = self.pick("src,src", "src,src", "src,dst")
        elif kind == "bitmap:port":
            options = " range 0-65535"
            elements, ends = self.members(self.small_range), "dst"
        elif kind == "bitmap:ip":
            options = " range 192.168.178.0/24"
            elements = self.members(lambda: self.pick(device, other, "192.168.178.170-192.168.178.177"))
            ends = "src"
        elif kind == "bitmap:ip,mac":
            options = " range 192.168.178.0/24"
            elements = [self.pick(f"{device},{DEVICE_MAC}", f"{device},2c:f4:32:00:00:01", other)]
            ends = "src,src"
        else:
            plain = [known for known, ends in self.dimensions.items() if ends != "list"]
            elements = self.random.sample(plain, min(len(plain), 3))
            ends = "src,dst"
        if kind.startswith("hash"):
            options += f" family {self.words['family']}"
        self.sets.append(f"create {name} {kind}{options}\n")
        # Ranges may overlap, and with another nomatch the element is the same: -exist.
        self.sets += [f"add {name} {element} -exist\n" for element in elements]
        self.dimensions[name] = "list" if kind == "list:set" else ends
        if kind == "list:set" and any(self.dimensions[e] == "dst" for e in elements):
            self.hazy = True  # compared with the device's source port
        if kind == "list:set" and any(f"create {e} bitmap:ip,mac" in "".join(self.sets) for e in elements):
            self.hazy = True  # of the other hardware address kernels think differently
        return f"{name} {ends}"

    def set_match(self):
        which = self.new_set()
        return f"-m set {self.negated()}--match-set {which}{self.pick('', '', ' --return-nomatch')}"

    # -- matches --------------------------------------------------------------------------------

    def port_match(self):
        kind = self.random.randrange(6)
        if kind == 0:
            return f"-m tcp {self.negated()}--dport {self.port()}"
        if kind == 1:
            return f"-m tcp {self.negated()}--dport {self.port_range()}"
        if kind == 2:
            ports = ",".join(self.pick(str(self.port()), self.port_range()) for _ in range(self.random.randint(1, 4)))
            return f"-m multiport {self.negated()}--dports {ports}"
        if kind == 3:
            return self.set_match()
        if kind == 4:
            return f"-m tcp --dport {self.pick(':', '')}{self.port()}{self.pick('', '')}"
        return f"-m tcp --dport {self.port()}:"

    def address_match(self, inward):
        kind = self.random.randrange(6)
        ours, theirs = ("-d", "-s") if inward else ("-s", "-d")
        if kind < 3:
            return f"{self.negated()}{theirs} {self.address()}"
        if kind == 3:
            return f"{self.negated()}{ours} {self.pick(self.words['host'], self.words['lan'], self.words['device'])}"
        side = "src" if inward else "dst"
        if kind == 4:
            return (f"-m iprange {self.negated()}--{side}-range "
                    f"{self.words['ours']}{self.pick(1, 178)}-{self.words['ours']}{self.pick(178, 200)}")
        return f"-m addrtype {self.negated()}--{side}-type {self.pick('LOCAL', 'UNICAST', 'UNICAST,LOCAL')}"

    def other_match(self, chain):
        choices = ["-m mark --mark 0x1", "-m mark ! --mark 0x1", "-m mark --mark 0x2/0x3", "-m mark --mark 0x0",
                   "-m connmark --mark 0x1", "-m connmark ! --mark 0x0", "-m comment --comment as-people-do",
                   "-m tcp --tcp-flags FIN,SYN,RST,ACK SYN", "-m tcp --syn", "-m tcp ! --syn",
                   "-m conntrack --ctstate NEW", "-m conntrack ! --ctstate NEW", "-m state --state ESTABLISHED",
                   "-m conntrack --ctstate INVALID", "-m conntrack --ctstate RELATED,ESTABLISHED",
                   "-m conntrack --ctstate UNTRACKED", "-m conntrack --ctdir ORIGINAL",
                   f"-m conntrack --ctorigsrc {self.words['device']}", "-m conntrack --ctstatus ASSURED"]
        if self.words["family"] == "inet":
            choices.append("! -f")
        if chain in ("INPUT", "PREROUTING"):
            choices += ["-i eth0", "-i lo", "! -i eth0", "-i eth+", "-i +", "! -i e+", "-m pkttype --pkt-type unicast",
                        f"-m mac {self.negated()}--mac-source {self.pick(DEVICE_MAC, '2c:f4:32:00:00:01')}"]
        else:
            choices += ["-o eth0", "-o lo", "! -o eth0", "-o eth+"]
        return self.random.choice(choices)

    def listed_match(self):
        name = f"r{len(self.listed)}"
        self.listed.append((name, self.pick(self.words["device"], self.words["device"], self.words["other"])))
        return f"-m recent {self.negated()}--rcheck --name {name}{self.pick('', ' --hitcount 2', ' --hitcount 1')}"

    def hazy_match(self):
        self.hazy = True
        return self.pick("-m limit --limit 1/hour --limit-burst 3", "-m statistic --mode random --probability 0.5",
                         "-m tcp --sport 32768:45000", "-m multiport --ports 18266,20000:30000")

    def matches(self, chain):
        parts = ["-p tcp"] if self.chance(0.93) else []
        if parts and self.chance(0.7):
            parts.append(self.port_match())
        if self.chance(0.35):
            parts.append(self.address_match(chain in ("INPUT", "PREROUTING")))
        if self.chance(0.4):
            other = self.other_match(chain)
            if "-p tcp" in parts or not other.startswith("-m tcp"):
                parts.append(other)
        if chain == "INPUT" and self.chance(0.07):
            parts.append(self.listed_match())
        if "-p tcp" in parts and self.chance(self.haze):
            parts.append(self.hazy_match())
        return parts

    def outward(self, parts):
        """The other way round for what leaves: the ports are those that it comes from."""
        if self.chance(0.85):
            return [part if "--match-set" not in part else self.swapped(part)
                    for part in (p.replace("--dport", "--sport") for p in parts)]
        if any("--dport" in part or "--match-set" in part for part in parts):
            self.hazy = True  # the device's source port
        return parts

    @staticmethod
    def swapped(part):
        head, ends = part.split("--match-set ")
        name, ends, *rest = ends.split(" ")
        ends = ",".join({"src": "dst", "dst": "src"}[end] for end in ends.split(","))
        return f"{head}--match-set " + " ".join([name, ends] + rest)

    # -- rules and chains -----------------------------------------------------------------------

    def target(self, table, chain, targets):
        if table == "nat":
            self.hazy = True  # what becomes of the later packets of a connection sent elsewhere
            return self.pick(f"-j REDIRECT --to-ports {self.port()}", "-j ACCEPT", "-j RETURN",
                             f"-j DNAT --to-destination {self.words['to']}:{self.port()}",
                             f"-j DNAT --to-destination {self.words['other']}")
        choices = ["-j ACCEPT"] * 5 + ["-j DROP"] * 3 + ["-j RETURN", "", "-j LOG --log-prefix \"test: \""]
        if table == "mangle":
            choices += ["-j MARK --set-xmark 0x1/0xffffffff", "-j MARK --set-xmark 0x2/0x3", "-j MARK --or-mark 0x1",
                        "-j CONNMARK --set-xmark 0x1/0xffffffff", "-j CONNMARK --save-mark", "-j CONNMARK --restore-mark"] * 2
        if table == "raw":
            choices += ["-j CT --notrack"] * 2
        if table == "filter" and chain in ("INPUT", "OUTPUT"):
            choices += ["-j REJECT", f"-j REJECT --reject-with {self.words['prohibited']}"]
            if chain == "INPUT":
                choices += ["-p tcp -j REJECT --reject-with tcp-reset"]
        choices += [f"{self.pick('-j', '-g')} {name}" for name in targets] * 2
        return self.random.choice(choices)

    def rule(self, table, chain, targets, name=None):
        parts = self.matches(chain)
        target = self.target(table, chain, targets)
        if target.startswith("-p tcp"):
            target = target[len("-p tcp "):]
            parts = ["-p tcp"] + [part for part in parts if part != "-p tcp"]
        if table == "nat" and "-p tcp" not in parts:
            parts.insert(0, "-p tcp")
        if len(parts) <= 1 and self.chance(0.8):
            parts = ["-p tcp"] + [part for part in parts if part != "-p tcp"] + [self.port_match()]
        if chain in ("OUTPUT", "POSTROUTING"):
            parts = self.outward(parts)
        self.rules.append((table, " ".join([name or chain] + parts + [target])))

    def preamble(self, table, chain):
        if self.chance(0.75):
            rule = self.pick("-m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT", "-m state --state ESTABLISHED -j ACCEPT",
                             "-m conntrack ! --ctstate NEW -j ACCEPT")
            self.rules.append((table, f"{chain} {rule}"))

    def base_chain(self, table, chain, targets, most=7):
        policy = "DROP" if table != "nat" and self.chance(0.45 if chain == "INPUT" else 0.1) else "ACCEPT"
        self.chains[table, chain] = policy
        if table in ("filter", "security", "mangle") and (chain != "PREROUTING" or policy == "DROP"):
            self.preamble(table, chain)
        for _ in range(self.random.randint(1, most)):
            self.rule(table, chain, targets)

    def user_chains(self, table, chain):
        names = []
        for index in range(self.random.randrange(4)):
            name = f"c{index}"
            self.chains[table, name] = "-"
            for _ in range(self.random.randint(1, 4)):
                self.rule(table, chain, names, name)
            names.append(name)
        return names

    def beside(self):
        """nf_tables at the same hook; of equal priority nobody knows the order."""
        if not self.chance(0.25):
            return ""
        priority = self.pick(-160, -150, -10, 0, 0, 5)
        mark = self.pick("meta mark 0x1", "meta mark != 0x1", "meta mark set 0x1", "meta l4proto tcp")
        if priority in (0, -150):
            self.hazy = True
        hook = "prerouting" if priority < -100 else "input"
        return (f"table inet beside {{\n\tchain in {{\n\t\ttype filter hook {hook} priority {priority};\n"
                f"\t\ttcp dport {self.port_range('-')} {mark}"
                f"{'' if 'set' in mark else ' ' + self.pick('drop', 'accept', 'counter')}\n\t}}\n}}\n")

    def ruleset(self):
        self.haze = self.pick(0, 0, 0, 0.08)
        self.base_chain("filter", "INPUT", self.user_chains("filter", "INPUT"))
        if self.chance(0.25):
            self.base_chain("filter", "OUTPUT", [], 3)
        if self.chance(0.3):
            self.base_chain("raw", "PREROUTING", [], 3)
        if self.chance(0.4):
            self.base_chain("mangle", "PREROUTING", self.user_chains("mangle", "PREROUTING"), 4)
        if self.chance(0.15):
            self.base_chain("mangle", "INPUT", [], 3)
        if self.chance(0.15):
            self.base_chain("security", "INPUT", [], 3)
        if self.chance(0.15):
            self.base_chain("nat", "PREROUTING", [], 2)
        nft = self.beside()
        self.boundaries.update((18266, 1024, 65535, 20000))
        ports = [port for port in self.boundaries if 1024 <= port <= 65535]
        if len(ports) > 48:
            ports = self.random.sample(sorted(ports), 48)
        return Ruleset(self.words, "".join(self.sets), restore_text(self.chains, self.rules), self.listed, nft,
                       sorted(ports), self.hazy)
