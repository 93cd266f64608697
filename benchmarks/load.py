"""Send requests, in turn, over keep-alive connections; print requests per second.

``python -m benchmarks.load HOST PORT CONNECTIONS SECONDS < requests``, with NUL between requests. It runs as a
separate program, so that it does not share the interpreter of the server, and uses little CPU time, because two
workers need both cores.
"""

import select
import socket
import sys
import time
from itertools import cycle

_BUFFER = bytearray(262_144)


class _Connection:
    """One connection, and how many bytes of the current answer are missing."""

    def __init__(self, host: str, port: int) -> None:
        self.socket = socket.create_connection((host, port))
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._head = b""
        self._left = 0

    def receive(self) -> bool:
        """Receive the available bytes; tell whether the answer is complete."""
        count = self.socket.recv_into(_BUFFER)
        assert count, "the server has hung up"
        if self._left == 0:
            self._head += _BUFFER[:count]
            head, found, body = self._head.partition(b"\r\n\r\n")
            if not found:
                return False
            assert head.startswith(b"HTTP/1.1 200"), head
            length = head[head.index(b"Content-Length:") + 15 :].partition(b"\r\n")[0]
            self._left, count = int(length), len(body)
            self._head = b""
        self._left -= count
        return self._left == 0


def main() -> None:
    """Run the load; print requests per second, and the longest time that a connection waited for an answer."""
    host, port, number, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    requests = cycle(sys.stdin.buffer.read().split(b"\0"))
    poll = select.poll()
    connections = {}
    sent = {}
    for _ in range(number):
        connection = _Connection(host, port)
        descriptor = connection.socket.fileno()
        connections[descriptor] = connection
        poll.register(connection.socket, select.POLLIN)
        connection.socket.sendall(next(requests))
        sent[descriptor] = time.perf_counter()
    answered = 0
    longest = 0.0
    started = time.perf_counter()
    while (now := time.perf_counter()) - started < seconds:
        for descriptor, _ in poll.poll(1000):
            if connections[descriptor].receive():
                answered += 1
                now = time.perf_counter()
                longest = max(longest, now - sent[descriptor])
                connections[descriptor].socket.sendall(next(requests))
                sent[descriptor] = now
    longest = max(longest, *(now - at for at in sent.values()))
    print(answered / (now - started), longest)


if __name__ == "__main__":
    main()
