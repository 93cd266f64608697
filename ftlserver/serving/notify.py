"""Telling the service manager that the server has started, is alive and stops: sd_notify(3), for systemd.

Each message is a datagram to the socket that NOTIFY_SOCKET names. The server counts as alive while a request is
answered, as a client would send it, and not merely while the process runs.
"""

import logging
import os
import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

STARTING_SECONDS = 0.05  # between two looks at a server that is starting
ANSWER_SECONDS = 2.0

_REQUEST = b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
_OK = b"HTTP/1.1 200 "

_log = logging.getLogger("ftlserver")


class Notifier:
    """Tells the service manager, if *environ* names one, about the server on *listener*."""

    def __init__(self, environ: Mapping[str, str], listener: socket.socket) -> None:
        self._address = environ.get("NOTIFY_SOCKET", "")
        self._listener = listener
        self._is_ready = False
        self._seconds = _watchdog_seconds(environ)

    def look(self) -> float | None:
        """Tell what is true now; return the seconds until the next look, or None without a service manager."""
        if not self._address:
            return None
        if not self._is_ready:
            if not answers(self._listener):
                return STARTING_SECONDS
            self._is_ready = True
            self._send("READY=1")
        elif self._seconds is not None and answers(self._listener):
            self._send("WATCHDOG=1")
        return self._seconds

    def stopping(self) -> None:
        """Tell that the server stops."""
        if self._address:
            self._send("STOPPING=1")

    @contextmanager
    def in_background(self) -> Iterator[None]:
        """Look now and then, in a thread."""
        if not self._address:
            yield
            return
        ended = threading.Event()
        thread = threading.Thread(target=self._repeat, args=[ended], name="notifier")
        thread.start()
        try:
            yield
        finally:
            ended.set()
            thread.join()

    def _repeat(self, ended: threading.Event) -> None:
        seconds = self.look()
        while seconds is not None and not ended.wait(seconds):
            seconds = self.look()

    def _send(self, message: str) -> None:
        # An address that begins with @ is one of the abstract namespace, which has no file: unix(7).
        address = "\0" + self._address[1:] if self._address.startswith("@") else self._address
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
                sender.sendto(message.encode(), address)
        except OSError as exc:
            _log.warning("the service manager was not told %s: %s", message, exc.strerror or exc)


def answers(listener: socket.socket) -> bool:
    """Tell whether the server on *listener* answers a request within ANSWER_SECONDS."""
    try:
        with socket.socket(listener.family) as connection:
            connection.settimeout(ANSWER_SECONDS)
            connection.connect(listener.getsockname())
            connection.sendall(_REQUEST)
            return connection.recv(len(_OK), socket.MSG_WAITALL) == _OK
    except OSError:
        return False


def _watchdog_seconds(environ: Mapping[str, str]) -> float | None:
    """Return half of the time in which the watchdog wants to hear of this process, None if it does not."""
    microseconds = environ.get("WATCHDOG_USEC", "")
    if not microseconds.isdecimal() or environ.get("WATCHDOG_PID", str(os.getpid())) != str(os.getpid()):
        return None
    return int(microseconds) / 2_000_000 or None
