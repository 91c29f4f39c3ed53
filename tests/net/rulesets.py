# SPDX-License-Identifier: GPL-2.0-or-later
"""Rulesets out of a seed: whatever people may write to let a device in or keep it out.

A ruleset comes with the ports at which its verdict may change. `hazy` says that it holds something
whose outcome no one can know beforehand (a limit, a random number, the device's source port).
"""

import random
import re

HOST = "192.168.178.24"
DEVICE = "192.168.178.178"
DEVICE_MAC = "2c:f4:32:17:81:78"
OTHER = "192.168.178.99"


class Ruleset:
    asked, host = ("-i", DEVICE), HOST

    def __init__(self, text, ports, hazy):
        self.text, self.ports, self.hazy = text, ports, hazy

    def load(self, in_host):
        """None, or what was said instead."""
        done = in_host("nft", "-f", "-", text="flush ruleset\n" + self.text)
        return "nft refuses it: " + done.stderr[:400] if done.returncode else None

    def counted(self, _in_host, _rule):
        """How many packets a rule of a report has met; None: nobody counts."""
        return None


class Generator:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.boundaries = set()
        self.hazy = False
        self.family = "inet"
        self.sets = []

    # -- values ---------------------------------------------------------------------------------

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def port(self):
        port = self.pick(18266, 8266, 5000, 22000, self.random.randint(1030, 65000))
        self.boundaries.update((port - 1, port, port + 1))
        return port

    def port_range(self):
        low = self.port()
        high = min(65534, low + self.pick(1, 7, 100, 2000, 20000))
        self.boundaries.update((high - 1, high, high + 1))
        return f"{low}-{high}"

    def port_elements(self, intervals=True):
        """Elements of a set, without overlap: neighbours may touch."""
        ends = sorted({self.port() for _ in range(self.random.randint(2, 8))})
        elements = []
        while ends:
            low = ends.pop(0)
            if intervals and ends and self.chance(0.6):
                high = ends.pop(0)
                elements.append(f"{low}-{high}")
            else:
                elements.append(str(low))
        return elements

    def address(self):
        return self.pick(DEVICE, DEVICE, OTHER, "192.168.178.0/24", "192.168.178.128/25",
                         "192.168.178.0/25", "10.0.0.0/8", "192.168.178.178/31",
                         "192.168.178.100-192.168.178.200", "192.168.178.179")

    def address_elements(self):
        return self.random.sample(
            [DEVICE, OTHER, "192.168.178.0/26", "10.0.0.0/8", "172.16.0.0-172.16.5.9",
             "192.168.178.200-192.168.178.254"], self.random.randint(1, 4))

    def named(self, kind, type_, elements, flags="flags interval; "):
        name = f"{kind[0]}{len(self.sets)}"
        self.sets.append(f"\t{kind} {name} {{ type {type_}; {flags}"
                         f"elements = {{ {', '.join(elements)} }}; }}")
        return "@" + name

    def negated(self):
        return self.pick("", "", "", "!= ")

    # -- matches --------------------------------------------------------------------------------

    def port_match(self):
        field = self.pick("tcp dport", "tcp dport", "tcp dport", "th dport")
        if field == "th dport":
            field = "meta l4proto tcp th dport"
        kind = self.random.randrange(9)
        if kind == 0:
            return f"{field} {self.negated()}{self.port()}"
        if kind == 1:
            return f"{field} {self.negated()}{self.port_range()}"
        if kind == 2:
            return f"{field} {self.pick('<', '<=', '>', '>=')} {self.port()}"
        if kind == 3:
            return f"{field} {self.negated()}{{ {', '.join(self.port_elements())} }}"
        if kind == 4:
            return f"{field} {self.negated()}" + self.named(
                "set", "inet_service", self.port_elements())
        if kind == 5:
            return f"{field} {self.negated()}" + self.named(
                "set", "inet_service", self.port_elements(intervals=False), "")
        if kind == 6:
            mask = self.pick(0xFF00, 0x00FF, 0x0001, 0xF0F0, 0x8000)
            value = self.port() & mask
            return f"tcp dport & {mask:#x} {self.pick('==', '!=')} {value:#x}"
        if kind == 7:
            return f"@th,16,16 {self.negated()}{self.port()}"
        return self.concatenation()

    def concatenation(self):
        elements = {f"{self.pick(DEVICE, DEVICE, OTHER)} . {element}"
                    for element in self.port_elements()}
        kind = self.random.randrange(3)
        if kind == 0:
            return f"ip saddr . tcp dport {self.negated()}{{ {', '.join(sorted(elements))} }}"
        if kind == 1:
            return f"ip saddr . tcp dport {self.negated()}" + self.named(
                "set", "ipv4_addr . inet_service", sorted(elements))
        interface = self.pick("eth0", "lo", "eth1")
        return (f"iifname . ip saddr . tcp dport "
                f"{{ {', '.join(interface + ' . ' + e for e in sorted(elements))} }}")

    def address_match(self):
        kind = self.random.randrange(7)
        if kind == 0:
            return f"ip saddr {self.negated()}{self.address()}"
        if kind == 1:
            return f"ip saddr {self.negated()}{{ {', '.join(self.address_elements())} }}"
        if kind == 2:
            return f"ip saddr {self.negated()}" + self.named(
                "set", "ipv4_addr", self.address_elements())
        if kind == 3:
            return f"ip saddr & 255.255.255.0 {self.pick('==', '!=')} 192.168.178.0"
        if kind == 4:
            return f"ip daddr {self.negated()}{self.pick(HOST, '192.168.178.0/24', DEVICE)}"
        if kind == 5:
            return f"ether saddr {self.negated()}{self.pick(DEVICE_MAC, '2c:f4:32:00:00:01')}"
        return f"ip saddr . ip daddr {{ {self.pick(DEVICE, OTHER)} . {HOST} }}"

    def meta_match(self):
        return self.pick(
            'iif "eth0"', 'iif "lo"', 'iifname "eth0"', 'iifname != "eth0"', 'iifname "et*"',
            'iifname { "eth0", "wlan0" }', "meta l4proto tcp", "@nh,72,8 { 6, 17 }",
            "meta l4proto != udp", "ip protocol tcp", "meta protocol ip",
            "meta mark 0x1", "meta mark != 0x1", "meta mark & 0x3 == 0x2", "meta mark 0",
            "ip version 4", 'oifname "eth0"', 'oifname != "eth0"', "meta pkttype host",
            "fib daddr type local", "fib daddr type { local, broadcast }",
            "fib saddr type unicast", "tcp flags & (fin | syn | rst | ack) == syn",
            "tcp flags syn", "tcp flags & (syn | ack) == ack", "ip saddr . meta l4proto "
            f"{{ {DEVICE} . tcp }}")

    def placed_match(self, hook):
        """What nft or the kernel takes in some places only."""
        if hook == "input":
            return self.pick("fib saddr . iif oif exists", "fib saddr . iif oif missing")
        if hook == "prerouting":
            return self.pick("fib saddr oif eth0", "fib saddr . iif oif exists",
                             "fib daddr . iif type local")
        return "meta nfproto ipv4" if self.family == "inet" else "ip version 4"

    def ct_match(self):
        return self.pick(
            "ct state new", "ct state established", "ct state established,related",
            "ct state != new", "ct state invalid", "ct state new,established",
            "ct state { new, established }", "ct direction original", "ct mark 0x1",
            "ct mark != 0", "ct state & (new | related) == new", "ct protocol tcp",
            "ct state untracked", f"ct original ip saddr {DEVICE}", "ct status assured",
            "meta l4proto tcp ct original proto-dst 18266")

    def hazy_match(self):
        self.hazy = True
        return self.pick("limit rate 1/hour burst 3 packets", "limit rate over 100/second",
                         "meta random & 0x1 == 0", "tcp sport 32768-45000", "tcp sport != 40000")

    def matches(self, hook):
        parts = []
        if self.chance(0.7):
            parts.append(self.port_match())
        if self.chance(0.35):
            parts.append(self.address_match())
        if self.chance(0.3):
            parts.append(self.meta_match() if self.chance(0.85) else self.placed_match(hook))
        if self.chance(0.2):
            parts.append(self.ct_match())
        if self.chance(self.haze):
            parts.append(self.hazy_match())
        self.random.shuffle(parts)
        return parts

    # -- statements and verdicts ----------------------------------------------------------------

    def statement(self):
        kind = self.random.randrange(6)
        if kind == 0:
            return "counter"
        if kind == 1:
            return f"meta mark set {self.pick('0x1', '0x2', 'meta mark or 0x1', 'ct mark')}"
        if kind == 2:
            return f"ct mark set {self.pick('0x1', 'meta mark', '0')}"
        if kind == 3:
            elements = [f"{ports} : {self.pick('0x1', '0x2')}" for ports in self.port_elements()]
            if self.chance(0.5):
                return f"meta mark set tcp dport map {{ {', '.join(elements)} }}"
            return "meta mark set tcp dport map " + self.named(
                "map", "inet_service : mark", elements)
        if kind == 4:
            return "meta mark set ip saddr map { " + f"{DEVICE} : 0x1, {OTHER} : 0x2" + " }"
        return "counter packets 5 bytes 300"

    def verdict(self, targets, hook):
        choices = ["accept"] * 6 + ["drop"] * 2 + ["return", "continue"]
        if hook == "input":
            choices += ["reject", "reject with tcp reset", "reject with icmp type port-unreachable"]
        choices += [f"{self.pick('jump', 'goto')} {target}" for target in targets] * 2
        return self.random.choice(choices)

    def simple_verdict(self, targets):
        return self.random.choice(
            ["accept", "accept", "drop", "return", "continue"] +
            [f"{self.pick('jump', 'goto')} {target}" for target in targets])

    def verdict_map(self, targets):
        kind = self.random.randrange(4)
        if kind == 0:
            return ("ct state vmap { established : accept, related : accept, invalid : drop, "
                    f"new : {self.simple_verdict(targets)} }}")
        if kind == 1:
            return (f'iifname vmap {{ "lo" : accept, "eth0" : {self.simple_verdict(targets)}, '
                    '"wlan0" : drop }')
        if kind == 2:
            elements = [f"{self.pick(DEVICE, DEVICE, OTHER)} . {ports} : "
                        f"{self.simple_verdict(targets)}" for ports in self.port_elements()]
            return f"ip saddr . tcp dport vmap {{ {', '.join(elements)} }}"
        elements = [f"{ports} : {self.simple_verdict(targets)}" for ports in self.port_elements()]
        if self.chance(0.5):
            return f"tcp dport vmap {{ {', '.join(elements)} }}"
        return "tcp dport vmap " + self.named("map", "inet_service : verdict", elements)

    def rule(self, targets, hook):
        parts = self.matches(hook)
        comment = ' comment "as people do"' if self.chance(0.1) else ""
        return self.actions(parts, targets, hook) + comment

    def actions(self, parts, targets, hook):
        if self.chance(0.2):
            parts.append(self.verdict_map(targets))
            return " ".join(parts)
        if self.chance(0.3):
            parts.append(self.statement())
            if self.chance(0.6):
                return " ".join(parts)
        if self.chance(0.05):
            parts.append('log prefix "espota-doctor test: "')
        parts.append(self.verdict(targets, hook))
        # A bare verdict would end the chain there and then.
        if len(parts) == 1 and self.chance(0.8):
            parts.insert(0, self.port_match())
        return " ".join(parts)

    # -- chains and tables ----------------------------------------------------------------------

    def outward(self, rule):
        """The rule as people write it for what leaves: it is the other way round there."""
        if self.chance(0.85):
            rule = re.sub(r"(?<!original )\bip ([sd])addr",
                          lambda m: f"ip {'ds'['sd'.index(m[1])]}addr", rule)
            return rule.replace("dport", "sport").replace("@th,16,16", "@th,0,16")
        if "dport" in rule or "@th,16,16" in rule:
            self.hazy = True  # the device's source port
        return rule

    def regular_chains(self, hook):
        chains = {}
        for index in range(self.random.randrange(4)):
            targets = list(chains)
            chains[f"c{index}"] = [self.rule(targets, hook)
                                   for _ in range(self.random.randint(1, 4))]
        return chains

    def preamble(self):
        if self.chance(0.75):
            return self.pick(["ct state established,related accept"],
                             ["ct state vmap { established : accept, related : accept, invalid : drop }"],
                             ["iif lo accept", "ct state { established, related } accept"],
                             ["ct state established accept", "ct state invalid drop"])
        return []

    def base_chain(self, hook, priority, targets):
        policy = "drop" if self.chance(0.45 if hook == "input" else 0.12) else "accept"
        rules = [self.rule(targets, hook) for _ in range(self.random.randint(1, 7))]
        if hook == "output":
            rules = [self.outward(rule) for rule in rules]
        if hook != "prerouting" or policy == "drop":
            rules = self.preamble() + rules
        head = f"type filter hook {hook} priority {priority}; policy {policy};"
        return [head] + rules

    def table(self, name):
        self.family = self.pick("ip", "inet", "inet")
        self.sets = []
        chains = self.regular_chains("input")
        targets = list(chains)
        chains["in"] = self.base_chain("input", self.random.randint(-10, 10), targets)
        if self.chance(0.25):
            chains["out"] = self.base_chain("output", self.random.randint(-10, 10), [])
        if self.chance(0.3):
            chains["pre"] = self.base_chain(
                "prerouting", self.pick(-300, -150, -100, 0), [])
        if self.chance(0.1):
            chains["nat"] = ["type nat hook prerouting priority dstnat; policy accept;",
                             f"meta l4proto tcp {self.port_match()} redirect to :{self.port()}"]
        body = self.sets + [
            f"\tchain {chain} {{\n" + "".join(f"\t\t{rule}\n" for rule in rules) + "\t}"
            for chain, rules in chains.items()]
        return f"table {self.family} {name} {{\n" + "\n".join(body) + "\n}\n"

    def ruleset(self):
        self.haze = self.pick(0, 0, 0, 0.1)
        tables = self.pick(1, 1, 1, 1, 2, 2, 3)
        text = "".join(self.table(f"t{index}") for index in range(tables))
        self.boundaries.update((18266, 1024, 65535, 20000))
        ports = [port for port in self.boundaries if 1024 <= port <= 65535]
        if len(ports) > 48:
            ports = self.random.sample(sorted(ports), 48)
        return Ruleset(text, sorted(ports), self.hazy)
