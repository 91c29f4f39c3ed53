#!/usr/bin/python3
# SPDX-License-Identifier: GPL-2.0-or-later
"""Can one machine of the lab connect to TCP ports of another, and do bytes pass both ways?

Opens both ends in one process: a socket stays in the network namespace in which it was made.
Prints one line per port: "PORT open", "PORT refused", "PORT silent", "PORT redirected" or
"PORT <errno name>". A port counts as open only if the listener on just that port accepts the
connection and bytes pass each way.
"""

import argparse
import ctypes
import errno
import os
import selectors
import socket
import time

libc = ctypes.CDLL(None, use_errno=True)
CLONE_NEWNET = 0x40000000


def enter(name):
    """Make sockets in network namespace NAME from now on."""
    fd = os.open(f"/run/netns/{name}", os.O_RDONLY | os.O_CLOEXEC)
    try:
        if libc.setns(fd, CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), f"setns {name}")
    finally:
        os.close(fd)


def stream_socket(address):
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    return socket.socket(family, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)


class Attempt:
    """One connection: the client end, and what became of it."""

    def __init__(self, port):
        self.port = port
        self.verdict = None
        self.client = None

    def connect(self, source, address):
        self.client = new_socket(address)
        if source:
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            self.client.bind((source, 0))
        code = self.client.connect_ex((address, self.port))
        if code not in (0, errno.EINPROGRESS):
            self.finish(name_of(code))

    def finish(self, verdict):
        self.verdict = verdict


def new_socket(address, kind=socket.SOCK_STREAM | socket.SOCK_NONBLOCK):
    return socket.socket(socket.AF_INET6 if ":" in address else socket.AF_INET, kind)


def name_of(code):
    return "refused" if code == errno.ECONNREFUSED else errno.errorcode.get(code, str(code))


class Trial:
    """All attempts of one run, driven by one selector until nothing moves for QUIET seconds."""

    def __init__(self, source_ns, target_ns, address, source=None):
        self.source_ns, self.target_ns = source_ns, target_ns
        self.address, self.source = address, source
        self.selector = selectors.DefaultSelector()
        self.sockets = []

    def listen(self, ports):
        enter(self.target_ns)
        for port in ports:
            listener = new_socket(self.address)
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            listener.bind((self.address, port))
            listener.listen(128)
            self.watch(listener, selectors.EVENT_READ, self.on_accept)

    def watch(self, sock, events, action, attempt=None):
        self.selector.register(sock, events, (action, attempt))
        self.sockets.append(sock)

    def on_accept(self, listener, _):
        peer, _ = listener.accept()
        peer.setblocking(False)
        self.watch(peer, selectors.EVENT_READ, self.on_request)

    def on_request(self, peer, _):
        self.selector.unregister(peer)
        try:
            if peer.recv(1):
                # NAT may have sent it to another listener than the one that was called.
                peer.send(b"%05d" % peer.getsockname()[1])
        except OSError:
            pass

    def on_connected(self, client, attempt):
        code = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.selector.unregister(client)
            attempt.finish(name_of(code))
            return
        self.selector.modify(client, selectors.EVENT_READ, (self.on_answer, attempt))
        client.send(b"x")

    def on_answer(self, client, attempt):
        self.selector.unregister(client)
        try:
            answer = client.recv(5)
            attempt.finish("open" if answer == b"%05d" % attempt.port else "redirected")
        except OSError as error:
            attempt.finish(name_of(error.errno))

    def run(self, ports, quiet):
        """Verdict by port. SYNs are sent at most once if QUIET is below a second."""
        attempts = [Attempt(port) for port in ports]
        self.listen(ports)
        enter(self.source_ns)
        for attempt in attempts:
            attempt.connect(self.source, self.address)
            self.sockets.append(attempt.client)
            if attempt.verdict is None:
                self.selector.register(
                    attempt.client, selectors.EVENT_WRITE, (self.on_connected, attempt)
                )
        self.pump(attempts, quiet)
        self.close()
        return {attempt.port: attempt.verdict or "silent" for attempt in attempts}

    def pump(self, attempts, quiet):
        last = time.monotonic()
        while any(attempt.verdict is None for attempt in attempts):
            events = self.selector.select(max(0, last + quiet - time.monotonic()))
            for key, _ in events:
                action, attempt = key.data
                action(key.fileobj, attempt)
            if events:
                last = time.monotonic()
            elif time.monotonic() >= last + quiet:
                break

    def close(self):
        # Aborted, not closed: no FIN of this trial may touch the next one's connections.
        for sock in self.sockets:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            sock.close()
        self.selector.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from", dest="source", required=True, metavar="NAMESPACE")
    parser.add_argument("--to", required=True, metavar="NAMESPACE:ADDRESS")
    parser.add_argument("--bind", help="source address, if the machine has several")
    parser.add_argument("--quiet", type=float, default=0.6, help="seconds of silence that end it")
    parser.add_argument("ports", nargs="+", type=int)
    options = parser.parse_args()
    target, _, address = options.to.partition(":")
    trial = Trial(options.source, target, address, options.bind)
    for port, verdict in trial.run(options.ports, options.quiet).items():
        print(port, verdict)


if __name__ == "__main__":
    main()
