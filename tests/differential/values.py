# SPDX-License-Identifier: GPL-2.0-or-later
"""Values that rules compare with: ports and addresses near those that matter."""

import random

HOST = {4: "192.168.178.20", 6: "fd00::20"}
DEVICE = {4: "192.168.178.178", 6: "fd00::178"}
OTHER = {4: "192.168.178.99", 6: "fd00::99"}
DEVICE_MAC, HOST_MAC = "2c:f4:32:17:81:78", "52:54:00:17:80:20"
OTA_PORT = 8266
NETWORKS = {
    4: ["192.168.178.0/24", "192.168.178.128/25", "192.168.178.0/25", "10.0.0.0/8",
        "192.168.178.178/31", "192.168.0.0/16", "192.168.178.176/29"],
    6: ["fd00::/64", "fd00::/8", "fe80::/10", "fd00::178/127", "fd00::100/120", "2001:db8::/32"],
}
RANGES = {
    4: ["192.168.178.100-192.168.178.200", "192.168.178.1-192.168.178.177",
        "192.168.178.179-192.168.178.254", "10.0.0.1-10.9.9.9"],
    6: ["fd00::100-fd00::1ff", "fd00::1-fd00::177", "fd00::179-fd00::ffff"],
}
# Elements of interval sets that do not overlap.
DISJOINT = {
    4: [DEVICE[4], OTHER[4], "192.168.178.0/26", "10.0.0.0/8", "172.16.0.0-172.16.5.9",
        "192.168.178.200-192.168.178.254", "192.168.178.179-192.168.178.183", "224.0.0.0/4"],
    6: [DEVICE[6], OTHER[6], "fd00::1-fd00::30", "fe80::/10", "2001:db8::/32",
        "fd00::179-fd00::1ff", "ff00::/8"],
}
# Ports come from a pool, so that the judge's listeners last from one ruleset to the next.
POOL = random.Random(1).sample(range(1030, 65000), 300) + [18266, 18267, 5000, 22000]


class Values:
    def __init__(self, seed):
        self.random = random.Random(seed)
        self.boundaries = set()

    def chance(self, probability):
        return self.random.random() < probability

    def pick(self, *choices):
        return self.random.choice(choices)

    def weighted(self, table):
        """One of (weight, value), …"""
        return self.random.choices([value for _, value in table], [w for w, _ in table])[0]

    def negated(self):
        return self.pick("", "", "", "!= ")

    def port(self):
        port = self.pick(*POOL)
        self.boundaries.update((port - 1, port, port + 1))
        return port

    def port_range(self):
        low = self.port()
        high = min(65534, low + self.pick(1, 7, 100, 2000, 20000))
        self.boundaries.update((high, high + 1))
        return f"{low}-{high}"

    def port_elements(self, intervals=True):
        """Elements of a set, without overlap: neighbours may touch."""
        ends = sorted({self.port() for _ in range(self.random.randint(1, 8))})
        elements = []
        while ends:
            low = ends.pop(0)
            if intervals and ends and self.chance(0.6):
                elements.append(f"{low}-{ends.pop(0)}")
            else:
                elements.append(str(low))
        return elements

    def address(self, version):
        """Of the device, or one that might be taken for it."""
        return self.pick(DEVICE[version], DEVICE[version], OTHER[version],
                         *NETWORKS[version], *RANGES[version])

    def one_address(self, version):
        return self.pick(DEVICE[version], DEVICE[version], OTHER[version])

    def address_elements(self, version, intervals=True):
        if not intervals:
            choices = [DEVICE[version], OTHER[version], HOST[version]]
        else:
            choices = DISJOINT[version]
        return self.random.sample(choices, self.random.randint(1, min(4, len(choices))))

    def sampled_ports(self, count):
        """Boundaries of what the rules compare with, then ports of the pool and their neighbours."""
        ports = [port for port in sorted(self.boundaries) if 1024 <= port <= 65535]
        if len(ports) > count:
            return sorted(self.random.sample(ports, count))
        rest = sorted({port + by for port in POOL for by in (-1, 0, 1)} - set(ports))
        return sorted(ports + self.random.sample(rest, min(count - len(ports), len(rest))))
