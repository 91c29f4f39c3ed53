# SPDX-License-Identifier: GPL-2.0-or-later
"""Matches of nft rules. Each is right for the family and the direction of the chain it is put in."""

import re

from model import listed, part_text
from values import DEVICE, DEVICE_MAC, HOST, HOST_MAC, OTA_PORT, OTHER, Values

# What has to be known of a chain before a rule can be written for it.
IN, OUT = "in", "out"
ENDS = {IN: ("s", "d"), OUT: ("d", "s")}  # the device's end, the host's end


class Matches(Values):
    """`hazy` is set once something is written whose outcome no one can know."""

    def __init__(self, seed):
        super().__init__(seed)
        self.hazy = False
        self.stateful = False  # packets of one connection change what happens to the next
        self.haze = 0.0
        self.family, self.way, self.sets, self.objects = "inet", IN, [], []
        self.rule_version = 4
        self.at_device, self.hook = False, ""
        self.device = "eth0"

    def version(self):
        """Of IP, the same throughout a rule."""
        return self.rule_version

    def new_rule(self):
        self.rule_version = {"ip": 4, "ip6": 6}.get(self.family) or self.pick(4, 4, 4, 6)

    def protocol(self, version):
        return "ip" if version == 4 else "ip6"

    def far(self):
        return ENDS[self.way][0]

    def near(self):
        return ENDS[self.way][1]

    def named(self, kind, type_, elements, flags="flags interval;"):
        name = f"{kind[0]}{len(self.sets)}"
        self.sets.append({"head": f"{kind} {name} {{ type {type_}; {flags}",
                          "elements": list(elements)})
        return "@" + name

    # -- ports ----------------------------------------------------------------------------------

    def port_field(self):
        return self.pick("tcp ", "tcp ", "tcp ", "meta l4proto tcp th ") + self.near() + "port"

    def port_match(self):
        kinds = [self.port_compared, self.port_compared, self.port_listed, self.port_listed,
                 self.port_named, self.port_masked, self.port_raw, self.concatenation]
        return self.pick(*kinds)()

    def port_compared(self):
        field = self.port_field()
        kind = self.random.randrange(3)
        if kind == 0:
            return f"{field} {self.negated()}{self.port()}"
        if kind == 1:
            return f"{field} {self.negated()}{self.port_range()}"
        return f"{field} {self.pick('<', '<=', '>', '>=')} {self.port()}"

    def port_listed(self):
        return listed(f"{self.port_field()} {self.negated()}", self.port_elements())

    def port_named(self):
        intervals = self.chance(0.5)
        flags = "flags interval;" if intervals else ""
        if intervals and self.chance(0.2):
            flags = "flags interval; auto-merge;"
        return f"{self.port_field()} {self.negated()}" + self.named(
            "set", "inet_service", self.port_elements(intervals), flags)

    def port_masked(self):
        mask = self.pick(0xFF00, 0x00FF, 0x0001, 0xF0F0, 0x8000)
        return (f"tcp {self.near()}port & {mask:#x} {self.pick('==', '!=')} "
                f"{self.port() & mask:#x}")

    def port_raw(self):
        offset = 16 if self.way == IN else 0
        return f"meta l4proto tcp @th,{offset},16 {self.negated()}{self.port()}"

    def concatenation(self):
        version = self.version()
        field = f"{self.protocol(version)} {self.far()}addr . tcp {self.near()}port"
        elements = sorted({f"{self.one_address(version)} . {ports}"
                           for ports in self.port_elements()})
        kind = self.random.randrange(5)
        type_ = f"ipv{version}_addr . inet_service"
        if kind == 0:
            return listed(f"{field} {self.negated()}", elements)
        if kind == 1:
            return f"{field} {self.negated()}" + self.named("set", type_, elements)
        if kind == 2:
            exact = sorted({f"{self.one_address(version)} . {self.port()}" for _ in range(3)})
            return f"{field} {self.negated()}" + self.named("set", type_, exact, "")
        if kind == 3:
            return self.protocol_concatenation()
        name = self.pick(self.device, self.device, "lo", "eth1")
        side = "iifname" if self.way == IN else "oifname"
        return listed(f"{side} . {field} ", [f'"{name}" . {element}' for element in elements])

    def protocol_concatenation(self):
        elements = sorted({f"{self.pick('tcp', 'tcp', 'udp')} . {ports}"
                           for ports in self.port_elements()})
        field = f"meta l4proto . th {self.near()}port"
        if self.chance(0.5):
            return listed(field + " ", elements)
        return field + " " + self.named("set", "inet_proto . inet_service", elements)

    # -- addresses ------------------------------------------------------------------------------

    def address_match(self):
        version = self.version()
        far = f"{self.protocol(version)} {self.far()}addr"
        near = f"{self.protocol(version)} {self.near()}addr"
        kind = self.random.randrange(8)
        if kind <= 1:
            return f"{far} {self.negated()}{self.address(version)}"
        if kind == 2:
            return listed(f"{far} {self.negated()}", self.address_elements(version))
        if kind == 3:
            return f"{far} {self.negated()}" + self.named(
                "set", f"ipv{version}_addr", self.address_elements(version))
        if kind == 4:
            return f"{far} {self.negated()}" + self.named(
                "set", f"ipv{version}_addr", self.address_elements(version, False), "")
        if kind == 5:
            mask = "255.255.255.0" if version == 4 else "ffff::"
            value = self.pick("192.168.178.0", "192.168.179.0") if version == 4 else "fd00::"
            return f"{far} & {mask} {self.pick('==', '!=')} {value}"
        if kind == 6:
            return f"{near} {self.negated()}{self.pick(HOST[version], DEVICE[version])}"
        pair = {IN: "saddr . {0} daddr", OUT: "daddr . {0} saddr"}[self.way]
        name = self.protocol(version)
        return listed(f"{name} {pair.format(name)} ",
                      {f"{self.one_address(version)} . {HOST[version]}" for _ in range(2)})

    # -- meta, ct and others ----------------------------------------------------------------------

    def interface(self):
        here, there = ("iif", "oif") if self.way == IN else ("oif", "iif")
        return self.pick(
            f'{here}name {self.negated()}"{self.pick(self.device, self.device, "lo", "eth1", "eth0")}"',
            f'{here} {self.negated()}"{self.pick(self.device, "lo")}"',
            f'{here}name {self.negated()}"{self.pick(self.device[:3] + "*", "e*", "wl*")}"',
            listed(f"{here}name {self.negated()}", [f'"{self.device}"', '"wlan0"']),
            f'{there}name {self.negated()}"{self.pick(self.device, "lo")}"',
            f"meta {here}type {self.pick('ether', '!= ether', '!= loopback')}",
            f"meta {here}group {self.negated()}{self.pick('default', '7')}",
        )

    def meta_match(self):
        version = self.version()
        choices = [
            f"meta l4proto {self.negated()}{self.pick('tcp', 'udp', 'icmp')}",
            listed(f"meta l4proto {self.negated()}", ["tcp", "udp"]),
            f"ip protocol {self.negated()}{self.pick('tcp', 'udp')}" if version == 4
            else f"ip6 nexthdr {self.negated()}{self.pick('tcp', 'udp')}",
            f"meta mark {self.negated()}{self.pick('0', '0x1', '0x2', '1-3')}",
            f"meta mark and {self.pick('0x1', '0x3', '0xff')} {self.pick('==', '!=')} "
            f"{self.pick('0', '0x1')}",
            listed("meta mark ", ["0x1", "0x2", "0x10-0x20"]),
            f"meta protocol {self.protocol(version)}",
            f"{self.protocol(version)} version {self.negated()}{version}",
        ]
        if self.family in ("inet", "netdev"):
            choices += [f"meta nfproto ipv{version}"] * (self.family == "inet")
        if self.way == IN:
            choices += [f"ether saddr {self.negated()}{self.pick(DEVICE_MAC, HOST_MAC)}",
                        f"ether daddr {self.negated()}{self.pick(DEVICE_MAC, HOST_MAC)}",
                        f"meta pkttype {self.negated()}{self.pick('host', 'broadcast')}"]
        return self.pick(*choices)

    def header_match(self):
        version = self.version()
        choices = [
            f"tcp flags {self.pick('', '!= ')}syn",
            "tcp flags & (fin | syn | rst | ack) == syn",
            "tcp flags & (syn | ack) != (syn | ack)",
            "tcp flags & (fin | syn) == (fin | syn)",
            "tcp flags syn / fin,syn,rst,ack",
            f"tcp flags & ack {self.pick('==', '!=')} 0",
            listed("tcp flags ", ["syn", "syn | ack"]),
            f"udp {self.far()}port {self.negated()}{self.pick(OTA_PORT, 53)}",
            f"meta l4proto udp th {self.far()}port {OTA_PORT}",
        ]
        if version == 4:
            choices += ["ip frag-off & 0x1fff != 0", f"ip hdrlength {self.negated()}5",
                        "ip option lsrr exists"]
        else:
            choices += ["exthdr frag exists", "exthdr hbh missing", "exthdr rt exists",
                        "ip6 nexthdr . ip6 version { tcp . 6 }"]
        return self.pick(*choices)

    def rare_match(self):
        """What few rulesets hold."""
        version = self.version()
        here = "iif" if self.way == IN else "oif"
        choices = [
            f'meta {here}kind {self.negated()}"{self.pick("veth", "bridge")}"',
            f"meta skuid {self.negated()}{self.pick('0', '1000')}", "meta skgid 0-10",
            'meta time < "2031-01-01 00:00:00"', 'meta hour >= "00:00"',
            listed("meta day ", ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday",
                                 "Saturday", "Sunday"]),
            f"ether type {self.protocol(version)}",
            listed(f"meta mark . tcp {self.near()}port ",
                   [f"{self.pick('0x0', '0x1')} . {self.port()}" for _ in range(3)]),
            listed(f"{here}name . meta l4proto ", [f'"{self.device}" . tcp', '"lo" . udp']),
            "numgen inc mod 1 == 0", "tcp option maxseg exists",
            f"tcp flags & (fin | syn | rst | psh | ack | urg) == {self.pick('0x2', '0x12')}",
            f"meta protocol . meta l4proto {{ {self.protocol(version)} . tcp }}",
        ]
        if not self.at_device:
            sockets = self.hook in ("prerouting", "input")
            choices += ([f"socket wildcard {self.pick(0, 1)}", "socket transparent 0",
                         f"socket mark {self.pick(0, 1)}"] if sockets else [])
            choices += ["ct label 0x1", "ct helper ftp", "ct zone != 1",
                        listed(f"ct mark . tcp {self.near()}port ",
                               [f"{self.pick('0x0', '0x1')} . {self.port()}" for _ in range(2)]),
                        listed("ct state . ct direction ", ["new . original",
                                                             "established . reply"])]
        return self.pick(*choices)

    def fib_match(self):
        if self.way == OUT:
            return f"fib {self.near()}addr type {self.negated()}{self.pick('local', 'unicast')}"
        return self.pick(
            f"fib daddr type {self.negated()}{self.pick('local', 'local', 'unicast')}",
            listed("fib daddr type ", ["local", "broadcast", "multicast"]),
            f"fib saddr type {self.negated()}{self.pick('local', 'unicast')}",
            f"fib daddr . iif type {self.negated()}local",
            f"fib saddr . iif oif {self.pick('missing', 'exists')}",
            f"fib saddr . iif oif {self.negated()}0",
            f'fib saddr . iif oifname "{self.device}"', "fib saddr oif exists")

    def ct_match(self):
        version = self.version()
        choices = [
            "ct state " + self.pick("new", "established", "established,related", "invalid",
                                    "untracked", "new,untracked", "!= new"),
            listed("ct state ", ["established", "related"]),
            listed("ct state ", ["new", "untracked"]),
            f"ct state & new {self.pick('==', '!=')} 0",
            f"ct direction {self.negated()}{self.pick('original', 'reply')}",
            f"ct status {self.pick('dnat', 'snat', 'assured', 'seen-reply', 'confirmed')}",
            f"ct status & {self.pick('dnat', 'seen-reply')} == 0",
            f"ct mark {self.negated()}{self.pick('0', '0x1', '0x2')}",
            f"ct mark and 0x1 {self.pick('==', '!=')} 0",
            f"ct original {self.protocol(version)} saddr {self.address(version)}",
            f"ct original {self.protocol(version)} daddr {HOST[version]}",
            f"ct reply {self.protocol(version)} saddr {self.pick(HOST[version], DEVICE[version])}",
            f"meta l4proto tcp ct original proto-dst {self.port()}",
            f"ct protocol {self.pick('tcp', 'udp')}", f"ct zone {self.negated()}0",
        ]
        return self.pick(*choices)

    def hazy_match(self):
        self.hazy = True
        choices = [f"limit rate {self.pick('3/minute', '10/second burst 5 packets')}",
                   "limit rate over 5/second",
                   f"numgen random mod 10 < {self.random.randint(1, 9)}",
                   f"meta length {self.pick('< 50', '> 60', '52')}",
                   f"quota {self.pick('', 'over ')}10 kbytes", "meta random < 1000000",
                   "ct bytes > 100", "ct count 2"]
        if self.way == IN:
            choices += [f"ip ttl {self.pick('< 65', '64', '> 200')}"
                        if self.version() == 4 else "ip6 hoplimit 255",
                        f"tcp sport {self.port_range()}", "meta priority 0",
                        f"{self.protocol(self.version())} dscp cs1",
                        "tcp option timestamp exists", "tcp window < 6000"]
        else:
            choices += [f"tcp dport {self.port_range()}", "tcp window > 1000",
                        "tcp option sack-perm exists"]
        if self.at_device:
            choices = [choice for choice in choices if not choice.startswith("ct ")]
        return self.pick(*choices)

    def matches(self, plain=False):
        """Some of them; `plain` leaves conntrack out (it is not there yet, or not for this family)."""
        table = [(10, self.port_match), (6, self.address_match), (3, self.interface),
                 (3, self.meta_match), (2, self.header_match), (0 if plain else 4, self.ct_match),
                 (0 if self.at_device else 1, self.fib_match), (0.7, self.rare_match)]
        parts = [self.weighted(table)() for _ in range(self.pick(0, 1, 1, 1, 2, 2, 3))]
        if self.chance(self.haze):
            parts.append(self.hazy_match())
        self.random.shuffle(parts)
        return self.compatible(parts)

    @staticmethod
    def transport(part):
        """The transport protocol that a match takes for granted, or asks for."""
        text = part_text(part)
        if "{ tcp, udp }" in text:
            return "both"
        found = re.search(r"\b(tcp|udp|icmp)\b(?! \.)", text)
        return found[1] if found else None

    def compatible(self, parts):
        """nft refuses rules that ask for two protocols; TCP is what is asked about most."""
        protocols = [self.transport(part) for part in parts]
        wanted = "tcp" if "tcp" in protocols else next(filter(None, protocols), None)
        kept = [part for part in parts if self.transport(part) in (None, wanted)]
        return kept

    def other_address(self):
        return OTHER[self.version()]
