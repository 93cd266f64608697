"""The HTTP server: waitress with JSON errors, deadlines for slow requests and a clean stop."""

import signal
import socket
import threading
import time
from collections.abc import Callable
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import BadRequest, RequestEntityTooLarge

from ftlserver.errors import ConfigError
from ftlserver.serving.threads import STALLED_SECONDS, Dispatcher
from ftlserver.web import requests, responses
from ftlserver.web.middleware import log_request

# Windows has no SIGHUP.
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
LONGEST_DRAIN = 10.0
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
LARGEST_BUFFER = 2 * requests.LARGEST_BODY

_ERRORS = {
    400: ("bad_request", "the request is not valid HTTP"),
    413: ("body_too_large", requests.body_too_large().message),
    431: ("headers_too_large", "the headers of a request hold at most 16 KiB"),
    500: ("internal_error", "something went wrong here; the log of the server has more"),
    501: ("transfer_encoding_unsupported", "the only transfer encoding is chunked"),
}


class _Parser(HTTPRequestParser):  # type: ignore[misc]  # waitress is untyped
    def __init__(self, adjustments: Any) -> None:
        super().__init__(adjustments)
        self.started = time.monotonic()

    def received(self, data: bytes) -> int:
        try:
            consumed: int = super().received(data)
        except ValueError:  # a Content-Length of thousands of digits
            self.error, self.completed, self.headers_finished = BadRequest(""), True, True
            consumed = len(data)
        # waitress counts the framing of chunks too; what is limited is the body.
        if self.body_rcv is not None and max(self.content_length, len(self.body_rcv)) > requests.LARGEST_BODY:
            self.error = RequestEntityTooLarge("")
            self.completed = True
        if self.error:
            # Otherwise "100 Continue" would invite the body that was just refused.
            self.expect_continue = False
        return consumed


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        status = self.request.error.code
        code, message = _ERRORS[status]
        more = {"max": requests.LARGEST_BODY} if status == 413 else {}
        body = responses.error_body(status, code, message, **more)
        self.status = f"{status} {self.request.error.reason}"
        self.response_headers += [("Content-Type", responses.JSON), *responses.HEADERS]
        self.set_close_on_finish()
        self.content_length = len(body)
        log_request(self.channel.addr[0], "- -", str(status), 0.0, "-")
        self.write(body)


class _Channel(HTTPChannel):  # type: ignore[misc]
    parser_class = _Parser
    error_task_class = _ErrorTask
    current_outbuf_count = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened = time.monotonic()
        self._has_sent = False

    def received(self, data: bytes) -> bool:
        self._has_sent = True
        return bool(super().received(data))

    def write_soon(self, data: bytes) -> int:
        """Keep *data* until it can be sent: a little in memory, more in a temporary file."""
        # A buffer in memory keeps what it has sent until another one takes its place.
        with self.outbuf_lock:
            if self.current_outbuf_count > LARGEST_BUFFER and not self.outbufs[-1].overflowed:
                self.outbufs.append(OverflowableBuffer(self.adj.outbuf_overflow))
                self.current_outbuf_count = 0
        return int(super().write_soon(data))

    def is_idle(self) -> bool:
        return not (self.requests or self.request or self.total_outbufs_len)

    def is_late(self) -> bool:
        """Tell whether a request has been awaited, or has been arriving, for too long."""
        if self.request is None:
            return not self._has_sent and time.monotonic() - self._opened > HEADER_SECONDS
        limit = BODY_SECONDS if self.request.headers_finished else HEADER_SECONDS
        return bool(time.monotonic() - self.request.started > limit)


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on one address; *port* 0 takes any free one. Raise ConfigError."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=1024)
    except (OSError, UnicodeError) as exc:
        cause = getattr(exc, "strerror", None) or "it is not a host name"
        reason = f"cannot listen on {host} port {port}: {cause}; choose another --host or --port"
        raise ConfigError(reason) from exc


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket."""
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


class Server(TcpWSGIServer):  # type: ignore[misc]
    """An HTTP server on a listening socket; *concurrency* of its *threads* are active unless they are stalled."""

    channel_class = _Channel

    def __init__(
        self, application: WSGIApplication, listener: socket.socket, threads: int, concurrency: int = 1
    ) -> None:
        dispatcher = Dispatcher(concurrency)
        dispatcher.set_thread_count(threads)
        super().__init__(
            application,
            _sock=listener,
            dispatcher=dispatcher,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
            adj=Adjustments(
                sockets=[listener],
                threads=threads,
                ident=None,
                clear_untrusted_proxy_headers=False,  # middleware.Policy handles them
                asyncore_use_poll=True,  # select() ends at descriptor 1023
                connection_limit=500,
                # An export goes to a temporary file as fast as it is made, so that a slow reader holds no thread.
                outbuf_high_watermark=1024 * requests.LARGEST_BODY,
                channel_timeout=120,  # a router in front keeps connections for 90 s
                cleanup_interval=2,
                recv_bytes=64 * 1024,  # a body of a mebibyte comes in 16 pieces, not in 128
                max_request_header_size=16 * 1024,
                max_request_body_size=8 * requests.LARGEST_BODY,  # with the framing of the smallest chunks
            ),
        )
        self._stop_asked = False
        self._has_ended = False
        self._trigger_lock = threading.RLock()  # a signal may call stop() while its thread holds it
        self.url = url_of(listener)

    def stop(self, *_signal: object) -> None:
        """Ask run() to stop accepting, to finish the requests under way, and to return."""
        self._stop_asked = True
        self.pull_trigger()

    def pull_trigger(self) -> None:
        """Wake the loop, unless it has ended: the descriptor of the trigger may be another file's by then."""
        with self._trigger_lock:
            if not self._has_ended:
                super().pull_trigger()

    def run(self) -> None:
        """Serve until stop() is called."""
        while not self._stop_asked:
            self._work(timeout=1.0)
        self._drain()

    def _work(self, timeout: float) -> None:
        if self.task_dispatcher.add_thread_if_stalled():
            timeout = STALLED_SECONDS
        wasyncore.loop(timeout=timeout, use_poll=True, map=self._map, count=1)

    def maintenance(self, now: float) -> None:
        super().maintenance(now)
        for channel in self.active_channels.values():
            if channel.is_late() or (self.in_connection_overflow and channel.is_idle()):
                channel.will_close = True

    def _drain(self) -> None:
        wasyncore.dispatcher.close(self)
        deadline = time.monotonic() + LONGEST_DRAIN
        while self.active_channels and time.monotonic() < deadline:
            for channel in list(self.active_channels.values()):
                if channel.is_idle():
                    channel.handle_close()
            self._work(timeout=0.05)
        self.task_dispatcher.shutdown(timeout=0.1)
        with self._trigger_lock:
            self._has_ended = True
            self.trigger.close()
        wasyncore.close_all(self._map)


def serve(server: Server, ready: Callable[[], None]) -> None:
    """Run *server* until one of STOP_SIGNALS; call *ready* once they are handled."""
    for number in STOP_SIGNALS:
        signal.signal(number, server.stop)
    ready()
    server.run()
