# SPDX-License-Identifier: GPL-2.0-or-later
"""nft rulesets out of a seed: statements, chains, tables."""

from matches import IN, OUT, Matches
from model import listed, rule_text
from values import DEVICE, HOST, OTA_PORT, OTHER

WAYS = {"prerouting": IN, "input": IN, "ingress": IN, "output": OUT, "postrouting": OUT,
        "egress": OUT}
VERDICTS = ("accept", "drop", "return", "continue", "jump", "goto", "reject")
PRIORITIES = [-10, -5, 0, 0, 0, 1, 10, 50]
EARLY = [-450, -300, -300, -250, -199, -150, -100, -99, 0]


class Generator(Matches):
    # -- statements and verdicts ----------------------------------------------------------------

    def statement(self, hook):
        version = self.version()
        values = [f"{ports} : {self.pick('0x1', '0x2')}" for ports in self.port_elements()]
        field = f"tcp {self.near()}port"
        choices = [
            "counter", "counter packets 5 bytes 300", f'log prefix "{self.pick("in ", "drop: ")}"',
            f"meta mark set {self.pick('0x1', '0x2', 'meta mark or 0x1', 'meta mark and 0xfe')}",
            f"meta mark set meta mark xor {self.pick('0x1', '0x3')}",
            listed(f"meta mark set {field} map ", values),
            f"meta mark set {field} map " + self.named("map", "inet_service : mark", values),
            listed(f"meta mark set {self.protocol(version)} {self.far()}addr map ",
                   [f"{DEVICE[version]} : 0x1", f"{OTHER[version]} : 0x2"]),
            self.counted(), "meta priority set 1:1", "meta mark set numgen inc mod 1 offset 1",
        ]
        if not self.at_device:
            choices += [f"ct mark set {self.pick('0x1', 'meta mark', '0', 'ct mark or 0x2')}",
                        "meta mark set ct mark", listed(f"ct mark set {field} map ", values)]
        if hook == "prerouting" and version == 4 and not self.at_device:
            choices += ["notrack"] * 2
        if hook in ("prerouting", "output", "postrouting", "input") and self.chance(0.3):
            if hook == "prerouting":
                choices += [f"tcp dport set {self.port()}"]
                if not self.at_device:
                    choices += ["ct zone set 1"]
            choices += ["ip dscp set cs1" if version == 4 else "ip6 dscp set cs1",
                        "tcp option maxseg size set 1200"]
        return self.pick(*choices)

    def counted(self):
        name = f"o{len(self.objects)}"
        self.objects.append(f"counter {name} {{ }}")
        if self.chance(0.5):
            return f"counter name {name}"
        return listed(f"counter name tcp {self.near()}port map ",
                      [f'{ports} : "{name}"' for ports in self.port_elements()])

    def reject(self):
        choices = ["reject"]
        if self.family == "inet":
            choices += ["reject with icmpx admin-prohibited"]
        if self.family == "ip":
            choices += ["reject with icmp type port-unreachable"]
        if self.family == "ip6":
            choices += ["reject with icmpv6 type port-unreachable"]
        return self.pick(*choices)

    def verdict(self, targets, hook):
        choices = ["accept"] * 6 + ["drop"] * 2 + ["return", "continue"]
        if hook in ("input", "output") and not self.at_device:
            choices += [self.reject()]
            if hook == "input":
                choices += ["meta l4proto tcp reject with tcp reset"]
        choices += [f"{self.pick('jump', 'goto')} {target}" for target in targets] * 2
        if self.chance(0.05):
            return f"{self.pick('jump', 'goto')} {{ {self.port_match_text()} accept; drop; }}"
        return self.pick(*choices)

    def port_match_text(self):
        return f"tcp {self.near()}port {self.port_range()}"

    def simple_verdict(self, targets):
        return self.pick("accept", "accept", "drop", "return", "continue",
                         *[f"{self.pick('jump', 'goto')} {target}" for target in targets])

    def verdict_map(self, targets):
        version = self.version()
        far, near = f"{self.protocol(version)} {self.far()}addr", f"tcp {self.near()}port"
        side = "iifname" if self.way == IN else "oifname"
        ports = [f"{ports} : {self.simple_verdict(targets)}" for ports in self.port_elements()]
        if self.chance(0.2):
            ports.append(f"* : {self.simple_verdict(targets)}")
        kind = self.random.randrange(6 if self.at_device else 8)
        if kind == 0:
            return listed(f"{near} vmap ", ports)
        if kind == 1:
            return f"{near} vmap " + self.named("map", "inet_service : verdict", ports)
        if kind == 2:
            return listed(f"{side} vmap ", ['"lo" : accept', '"wlan0" : drop',
                                            f'"{self.device}" : {self.simple_verdict(targets)}'])
        if kind == 3:
            return listed(f"{far} . {near} vmap ",
                          {f"{self.one_address(version)} . {ports} ":
                           f"{self.one_address(version)} . {ports} : "
                           f"{self.simple_verdict(targets)}"
                           for ports in self.port_elements()}.values())
        if kind == 4:
            return listed(f"{far} vmap ", [f"{address} : {self.simple_verdict(targets)}"
                                           for address in self.address_elements(version)])
        if kind == 5:
            return listed(self.pick("meta l4proto", "meta l4proto") + " vmap ",
                          [f"tcp : {self.simple_verdict(targets)}",
                           f"udp : {self.pick('accept', 'continue')}"])
        if kind == 6:
            return listed(f"{self.pick('ct', 'meta')} mark vmap ",
                          [f"{value} : {self.simple_verdict(targets)}" for value in
                           ("0x0", "0x1", "0x2-0x8")])
        return listed("ct state vmap ", ["established : accept", "related : accept",
                                         f"invalid : {self.pick('drop', 'accept')}",
                                         f"new : {self.simple_verdict(targets)}"])

    def remembered(self):
        """A set that packets fill; what one packet leaves there, the next one meets."""
        self.stateful = True
        version = self.version()
        name = f"d{len(self.sets)}"
        self.sets.append({"head": f"set {name} {{ type ipv{version}_addr; flags dynamic,timeout; "
                                  f"timeout 60s; size 128;", "elements": []})
        address = f"{self.protocol(version)} {self.far()}addr"
        return self.pick([f"{self.pick('add', 'update')} @{name} {{ {address} }}"],
                         [f"{address} @{name}", self.pick("accept", "drop")],
                         [f"delete @{name} {{ {address} }}"])

    def rule(self, targets, hook, plain):
        self.new_rule()
        if self.chance(0.003) and not self.at_device:
            return self.remembered()
        parts = self.matches(plain)
        if self.chance(0.2):
            return self.compatible(parts + [self.verdict_map(targets)])
        if self.chance(0.3):
            parts = self.compatible(parts + [self.statement(hook)])
            if self.chance(0.6) and parts:
                return parts
        # A bare verdict would end the chain there and then.
        if not parts and self.chance(0.8):
            parts.append(self.port_match())
        parts = self.compatible(parts + [self.verdict(targets, hook)])
        if not any(word in rule_text(parts[-1:]) for word in VERDICTS):
            parts.append("accept")
        if self.chance(0.05):
            parts.append('comment "as people do"')
        return parts

    # -- chains and tables ----------------------------------------------------------------------

    def regular_chains(self, prefix, hook, plain):
        chains = []
        for index in range(self.pick(0, 0, 1, 2, 3)):
            targets = [chain["name"] for chain in chains]
            chains.append({"name": f"{prefix}{index}", "base": None,
                           "rules": [self.rule(targets, hook, plain)
                                     for _ in range(self.random.randint(1, 4))]})
        return chains

    def preamble(self):
        return self.pick([], [["ct state established,related accept"]],
                         [[listed("ct state vmap ", ["established : accept", "related : accept",
                                                     "invalid : drop"])]],
                         [['iif "lo" accept'], ["ct state { established, related } accept"]],
                         [["ct state established accept"], ["ct state invalid drop"]])

    def base(self, hook, priority, policy, type_="filter"):
        device = f' device "{self.device}"' if hook in ("ingress", "egress") else ""
        return f"type {type_} hook {hook}{device} priority {priority}; policy {policy};"

    def filter_chains(self, hook, number):
        self.way, self.hook = WAYS[hook], hook
        early = hook in ("prerouting", "output") and self.chance(0.4)
        priority = self.pick(*(EARLY if early or hook == "prerouting" else PRIORITIES))
        # No conntrack, no routes: not there yet, or not in this family.
        self.at_device = hook in ("ingress", "egress") or self.family == "bridge"
        plain = self.at_device or priority < -200
        name = f"{hook[:3]}{number}"
        chains = self.regular_chains(f"{name}_", hook, self.at_device or plain and self.chance(0.8))
        targets = [chain["name"] for chain in chains]
        rules = [self.rule(targets, hook, self.at_device or plain and self.chance(0.9))
                 for _ in range(self.random.randint(1, 7))]
        policy = "drop" if self.chance(0.45 if hook == "input" else 0.1) else "accept"
        if not plain:
            rules = self.preamble() + rules
        elif policy == "drop":
            rules.append(["meta l4proto { tcp, udp } accept"])
        type_ = "route" if hook == "output" and self.chance(0.2) else "filter"
        if hook in ("input", "prerouting", "ingress") and self.family in ("inet", "netdev", "bridge", "ip6"):
            # Neighbour discovery of IPv6 is not what is asked about.
            rules.insert(0, ["meta l4proto ipv6-icmp accept"])
        chains.append({"name": name, "base": self.base(hook, priority, policy, type_),
                       "rules": rules})
        return chains

    def translation(self, hook):
        version = self.version()
        family = {4: "ip", 6: "ip6"}[version] if self.family == "inet" else ""
        to = f"{family} to" if family else "to"
        host = HOST[4] if version == 4 else f"[{HOST[6]}]"
        other = OTHER[4] if version == 4 else f"[{OTHER[6]}]"
        port = self.port()
        if hook == "prerouting" and self.chance(0.2):
            ports = sorted({self.port(), self.port()})
            if self.chance(0.5):
                return listed(f"dnat {to} tcp dport map ",
                              [f"{port} : {HOST[version]} . {self.port()}" for port in ports]
                              ) if self.family != "inet" or version == 4 else "accept"
            return listed("redirect to : tcp dport map ", [f"{p} : {self.port()}" for p in ports])
        if hook == "prerouting":
            return self.pick(f"redirect to :{port}", f"redirect to :{port}", "redirect",
                             f"dnat {to} {host}:{port}", f"dnat {to} {other}:{port}",
                             f"dnat {to} {OTHER[version]}", "accept")
        if hook == "output":
            return self.pick(f"dnat {to} {DEVICE[version]}", f"dnat {to} {OTHER[version]}",
                             "accept", f"redirect to :{OTA_PORT}")
        if hook == "input":
            return self.pick("accept", f"snat {to} {DEVICE[version]}", "drop")
        if self.chance(0.1):
            self.hazy = True  # which address the device calls then is another question
            return f"snat {to} {OTHER[version]}"
        return self.pick("masquerade", "masquerade", f"snat {to} {HOST[version]}",
                         f"snat {to} {host}:20000-30000", "accept")

    def nat_chain(self, hook, number):
        self.way, self.hook, self.at_device = WAYS[hook], hook, False
        rules = []
        for _ in range(self.random.randint(1, 3)):
            self.new_rule()
            parts = self.matches(True)
            action = self.translation(hook)
            if isinstance(action, dict):
                rules.append(self.compatible(parts + [self.port_compared()]) + [action])
                continue
            if ":" in action and not any(self.transport(part) for part in parts):
                parts.append(self.port_compared() if self.way == IN and self.chance(0.9)
                             else "meta l4proto { tcp, udp }")
            rules.append(parts + [action])
        priority = self.pick(-100, -101, -110) if hook in ("prerouting", "output") else 100
        return [{"name": f"nat_{hook[:3]}{number}",
                 "base": self.base(hook, priority, "accept", "nat"), "rules": rules}]

    def table(self, number, family, hooks, nat_hooks):
        if self.bridged:
            below = family == "bridge" or family == "netdev" and self.chance(0.5)
            self.device = "eth0" if below else "lan"
        self.family, self.sets, self.objects = family, [], []
        chains = []
        for hook in hooks:
            chains += self.filter_chains(hook, len(chains))
        for hook in nat_hooks:
            chains += self.nat_chain(hook, len(chains))
        flags = "dormant" if self.chance(0.02) else ""
        return {"family": family, "name": f"t{number}", "flags": flags, "objects": self.objects,
                "sets": self.sets, "chains": chains}

    def some_hooks(self):
        hooks = ["input"] if self.chance(0.85) else []
        hooks += [hook for hook, chance in (("input", 0.1), ("output", 0.25), ("prerouting", 0.25),
                                            ("postrouting", 0.12)) if self.chance(chance)]
        return hooks

    def bridge_table(self):
        hooks = [hook for hook in ("prerouting", "input", "output", "postrouting")
                 if self.chance(0.4)] or ["input"]
        return self.table(7, "bridge", hooks, [])

    def ruleset(self, bridged=False):
        self.bridged = bridged
        self.haze = self.pick(0, 0, 0, 0.08)
        tables = []
        for number in range(self.pick(1, 1, 1, 2, 2, 3)):
            family = self.pick("ip", "inet", "inet", "inet", "ip6")
            nat = [hook for hook, chance in (("prerouting", 0.12), ("output", 0.03),
                                             ("input", 0.03), ("postrouting", 0.08))
                   if self.chance(chance)]
            hooks = self.some_hooks() or ([] if nat else ["input"])
            tables.append(self.table(number, family, hooks, nat))
        if self.chance(0.08):
            tables.append(self.table(8, "netdev", [self.pick("ingress", "egress")], []))
        if self.chance(0.03):
            tables.append(self.table(9, "inet", ["ingress"], []))
        if bridged and self.chance(0.7):
            tables.append(self.bridge_table())
        self.random.shuffle(tables)
        return {"how": "nft", "tables": tables}
