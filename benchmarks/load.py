"""Send one request again and again over keep-alive connections; print requests per second.

A program of its own, so that it does not share the interpreter of what it measures:
``python -m benchmarks.load HOST PORT CONNECTIONS SECONDS < request``.
"""

import selectors
import socket
import sys
import time


def main() -> None:
    """Run the load."""
    host, port, connections, seconds = sys.argv[1], int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])
    request = sys.stdin.buffer.read()
    selector = selectors.DefaultSelector()
    for _ in range(connections):
        connection = socket.create_connection((host, port))
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        selector.register(connection, selectors.EVENT_READ, bytearray())
        connection.sendall(request)
    answered = 0
    started = time.perf_counter()
    while (now := time.perf_counter()) - started < seconds:
        for key, _ in selector.select(1):
            connection, received = key.fileobj, key.data
            assert isinstance(connection, socket.socket)
            received += connection.recv(262_144)
            if _is_whole(received):
                assert received.startswith(b"HTTP/1.1 200"), bytes(received[:200])
                received.clear()
                answered += 1
                connection.sendall(request)
    print(answered / (now - started))


def _is_whole(received: bytearray) -> bool:
    head, found, body = received.partition(b"\r\n\r\n")
    length = head.lower().partition(b"content-length:")[2].split(b"\r\n", 1)[0]
    return bool(found) and len(body) >= int(length)


if __name__ == "__main__":
    main()
