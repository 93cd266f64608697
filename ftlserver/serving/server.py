"""The HTTP server: waitress with JSON errors, deadlines for slow requests and a clean stop."""

import logging
import signal
import socket
import threading
import time
from collections.abc import Callable, Mapping, MutableMapping
from typing import Any
from wsgiref.types import WSGIApplication

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ErrorTask
from waitress.utilities import Error

from ftlserver.errors import ConfigError
from ftlserver.serving.event_loop import EventLoop
from ftlserver.serving.parser import Parser
from ftlserver.serving.threads import STALLED_SECONDS, Dispatcher
from ftlserver.web import requests, responses
from ftlserver.web.metrics import NO_ROUTE, Metrics, State
from ftlserver.web.middleware import UNIX_SOCKET, log_request

# Windows has no SIGHUP.
STOP_SIGNALS = [getattr(signal, name) for name in ("SIGTERM", "SIGINT", "SIGHUP") if hasattr(signal, name)]
LONGEST_DRAIN = 10.0
HEADER_SECONDS = 10.0
BODY_SECONDS = 30.0
IDLE_SECONDS = 120.0  # a router in front keeps connections for 90 s
MAINTENANCE_SECONDS = 0.5
CONNECTIONS = 500
SPARE_CONNECTIONS = 16  # beyond them, for /healthz and for refusing the rest
CROWDED_SECONDS = 1.0  # how long a connection may be idle, or a request take to arrive, while all are taken
HEALTH = ("/healthz", "/healthz/")
LARGEST_BUFFER = 2 * requests.LARGEST_BODY

_ERRORS = {
    400: ("bad_request", "the request is not valid HTTP"),
    413: ("body_too_large", requests.body_too_large().message),
    431: ("headers_too_large", "the headers of a request hold at most 16 KiB"),
    500: ("internal_error", "something went wrong here; the log of the server has more"),
    501: ("transfer_encoding_unsupported", "the only transfer encoding is chunked"),
    503: ("too_many_connections", "the server has no free connection; try again in a second"),
}


class _TooManyConnectionsError(Error):  # type: ignore[misc]  # waitress is untyped
    code = 503
    reason = "Service Unavailable"


class _ErrorTask(ErrorTask):  # type: ignore[misc]
    def execute(self) -> None:
        status = self.request.error.code
        code, message = _ERRORS[status]
        more = {"max": requests.LARGEST_BODY} if status == 413 else {}
        body = responses.error_body(status, code, message, **more)
        self.status = f"{status} {self.request.error.reason}"
        self.response_headers += [("Content-Type", responses.JSON), *responses.HEADERS]
        if status == 503:
            self.response_headers.append(("Retry-After", "1"))
        self.set_close_on_finish()
        self.content_length = len(body)
        self.channel.server.count_error(status)
        log_request(self.channel.addr[0], "- -", str(status), 0.0, "-")
        self.write(body)


class _WithoutPath(logging.LoggerAdapter[logging.Logger]):
    """The log of waitress without the paths of requests, which contain ids, and the secrets of feeds."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        before, serving, _path = str(msg).partition(" while serving ")
        return f"{before}{serving and ' while serving a request'}", kwargs


class _Channel(HTTPChannel):  # type: ignore[misc]
    logger = _WithoutPath(HTTPChannel.logger)
    parser_class = Parser
    error_task_class = _ErrorTask
    current_outbuf_count = 0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._opened = time.monotonic()
        self._has_sent = False
        self.active_at = self._opened
        self.has_input_waiting = False
        self.caller: str | None = None
        self.is_spare = len(self.server.active_channels) > CONNECTIONS

    def received(self, data: bytes) -> bool:
        self._has_sent = True
        self.active_at = time.monotonic()
        return bool(super().received(data))

    def readable(self) -> bool:
        """Tell whether the loop waits for input: also while a task runs, until some arrives, which then waits."""
        is_busy = self.requests or self._is_sending()
        if is_busy and not (self.will_close or self.close_when_flushed):
            return not self.has_input_waiting
        is_readable = bool(super().readable())
        if is_readable:
            self.has_input_waiting = False
        return is_readable

    def handle_read(self) -> None:
        if self.requests:
            self.has_input_waiting = True
        else:
            super().handle_read()

    def has_hung_up(self) -> bool:
        """Tell whether the client has closed the connection while its only request waits."""
        if not self.has_input_waiting or len(self.requests) != 1:
            return False
        try:
            return not self.socket.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            return False
        except OSError:
            return True

    def writable(self) -> bool:
        """Tell whether the loop should send output; it does not while a thread is sending."""
        return not self._is_sending() and bool(super().writable())

    def _is_sending(self) -> bool:
        """Tell whether a thread is sending; it notes a change afterwards if something is left."""
        if self.outbuf_lock.acquire(blocking=False):
            self.outbuf_lock.release()
            return False
        return True

    def service(self) -> None:
        """Work on one request, in a thread of the dispatcher."""
        self.server.serving.channel = self
        try:
            super().service()
        finally:
            self.server.serving.channel = None
            self.active_at = time.monotonic()

    def finish(self) -> bool:
        """Send what is left of an answer in the thread of its task; tell whether that was all."""
        if self.requests:
            return False
        if self.total_outbufs_len:
            self._flush_exception(self._flush_some, do_close=False)
        return not (self.total_outbufs_len or self.will_close or self.close_when_flushed or self.has_input_waiting)

    def _flush_some(self, do_close: bool = True) -> bool:
        with self.outbuf_lock:  # the loop and the thread of the task may both send
            has_sent = bool(super()._flush_some(do_close=do_close))
        if has_sent:
            self.active_at = time.monotonic()
        return has_sent

    def add_channel(self, map: Any = None) -> None:  # noqa: A002  waitress' own signature
        super().add_channel(map)
        self.server.loop.note_change(self)

    def del_channel(self, map: Any = None) -> None:  # noqa: A002
        self.server.loop.forget(self._fileno)
        super().del_channel(map)

    def write_soon(self, data: bytes) -> int:
        """Keep *data* until it can be sent: a little in memory, more in a temporary file."""
        # A buffer in memory keeps what it has sent until another one takes its place.
        with self.outbuf_lock:
            if self.current_outbuf_count > LARGEST_BUFFER and not self.outbufs[-1].overflowed:
                self.outbufs.append(OverflowableBuffer(self.adj.outbuf_overflow))
                self.current_outbuf_count = 0
        return int(super().write_soon(data))

    def is_idle(self) -> bool:
        return not (self.requests or self._is_arriving() or self.total_outbufs_len)

    def _is_arriving(self) -> bool:
        return self.request is not None and self.request.has_begun

    def is_late(self, is_crowded: bool) -> bool:
        """Tell whether a request has been awaited, or has been arriving, for too long."""
        if not self._is_arriving():
            return not self._has_sent and time.monotonic() - self._opened > HEADER_SECONDS
        limit = BODY_SECONDS if self.request.headers_finished else HEADER_SECONDS
        return bool(time.monotonic() - self.request.started > (CROWDED_SECONDS if is_crowded else limit))


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens on one address; *port* 0 takes any free one. Raise ConfigError."""
    try:
        family, *_, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        return socket.create_server((str(address[0]), port), family=family, backlog=1024)
    except (OSError, UnicodeError) as exc:
        cause = getattr(exc, "strerror", None) or "it is not a host name"
        reason = f"cannot listen on {host} port {port}: {cause}; choose another --host or --port"
        raise ConfigError(reason) from exc


def address_of(listener: socket.socket) -> str:
    """Return the address that a socket listens on, UNIX_SOCKET if it has none."""
    return str(listener.getsockname()[0]) if _is_tcp(listener.family) else UNIX_SOCKET


def url_of(listener: socket.socket) -> str:
    """Return the URL of a listening socket, or ``unix:`` and the path of its file."""
    if not _is_tcp(listener.family):
        return f"unix:{listener.getsockname()}"
    host, port, *_ = listener.getsockname()
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def _is_tcp(family: int) -> bool:
    return family in (socket.AF_INET, socket.AF_INET6)


class Server(TcpWSGIServer):  # type: ignore[misc]
    """An HTTP server on a listening socket; *concurrency* of its *threads* are active unless they are stalled.

    *caller_of* tells callers apart by the headers of a request and the address of its connection. What the server
    does is noted in *metrics*.
    """

    channel_class = _Channel

    def __init__(
        self,
        application: WSGIApplication,
        listener: socket.socket,
        threads: int,
        concurrency: int = 1,
        caller_of: Callable[[Mapping[str, str], str], str | None] = lambda _headers, _address: None,
        *,
        metrics: Metrics | None = None,
    ) -> None:
        dispatcher = Dispatcher(concurrency, threads)
        self._caller_of = caller_of
        self._metrics = metrics or Metrics([])
        channels: dict[int, Any] = {}
        self.loop = EventLoop(channels)
        self.serving = threading.local()  # which channel a thread works on
        self._urgent: list[_Channel] = []
        self._maintenance_at = 0.0
        super().__init__(
            application,
            map=channels,
            _sock=listener,
            dispatcher=dispatcher,
            sockinfo=(listener.family, listener.type, listener.proto, listener.getsockname()),
            bind_socket=False,
            adj=Adjustments(
                sockets=[listener],
                threads=threads,
                ident=None,
                clear_untrusted_proxy_headers=False,  # middleware.Policy handles them
                connection_limit=CONNECTIONS + SPARE_CONNECTIONS,
                # An export goes to a temporary file as fast as it is made, so that a slow reader holds no thread.
                outbuf_high_watermark=1024 * requests.LARGEST_BODY,
                cleanup_interval=10**9,  # by time.time(); readable() calls maintenance() by the monotonic clock
                inbuf_overflow=64 * 1024,  # a longer body waits for its turn in a temporary file
                recv_bytes=64 * 1024,  # a body of a mebibyte comes in 16 pieces, not in 128
                max_request_header_size=16 * 1024,
                max_request_body_size=3 * requests.LARGEST_BODY,  # with the framing of its chunks
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
        """Wake the loop, unless it has ended: the descriptor of the trigger may be another file's by then.

        A thread that has finished a task sends the answer itself; most often nothing is left for the loop.
        """
        channel = getattr(self.serving, "channel", None)
        if channel is not None:
            if channel.finish():
                return
            self.loop.note_change(channel)
        with self._trigger_lock:
            if not self._has_ended:
                super().pull_trigger()

    def run(self, stopping: Callable[[], None] = lambda: None) -> None:
        """Serve until stop() is called; call *stopping* before the requests under way are finished."""
        while not self._stop_asked:
            self._work(timeout=1.0)
        stopping()
        self._drain()

    def _work(self, timeout: float) -> None:
        if self.task_dispatcher.add_thread_if_stalled():
            timeout = STALLED_SECONDS
        self.loop.run_once(timeout)
        while self._urgent:
            self._urgent.pop().service()

    def add_task(self, channel: _Channel) -> None:
        """Let a thread work on the request of *channel*.

        ``/healthz`` is answered here, whatever the threads wait for, and a spare connection is refused the rest.
        """
        if channel.is_spare:
            self._drop_hung_up()
        request = channel.requests[0]
        is_health = getattr(request, "path", None) in HEALTH  # a request that is not HTTP has no path
        channel.is_spare = channel.is_spare and len(self.active_channels) > CONNECTIONS
        if channel.is_spare and not (is_health or request.error):
            request.error = _TooManyConnectionsError("")
            self._metrics.count_refused()
        if channel.is_spare or is_health:
            self._urgent.append(channel)
        else:
            channel.caller = self._caller_of(request.headers, str(channel.addr[0]))
            super().add_task(channel)

    def _drop_hung_up(self) -> None:
        """Close connections that their clients have closed, so that they do not count.

        A client that has closed its sending side only looks the same: it is answered unless connections are short.
        """
        for channel in list(self.active_channels.values()):
            if channel.has_hung_up() and self.task_dispatcher.remove(channel):
                channel.requests.pop().close()
                channel.handle_close()

    def readable(self) -> bool:
        """Tell whether to accept connections; look after the open ones now and then."""
        now = time.monotonic()
        if now >= self._maintenance_at:
            self._maintenance_at = now + MAINTENANCE_SECONDS
            self.maintenance(now)
        return bool(super().readable())

    def maintenance(self, now: float) -> None:
        """Close connections that are idle or late, sooner while all are taken; *now* is of the monotonic clock."""
        is_crowded = len(self.active_channels) >= CONNECTIONS
        for channel in self.active_channels.values():
            idle = now - channel.active_at
            is_idle = idle > IDLE_SECONDS and not channel.requests
            gives_way = is_crowded and idle > CROWDED_SECONDS and channel.is_idle()
            if is_idle or gives_way or channel.is_late(is_crowded):
                channel.will_close = True
        self._note_state()

    def _note_state(self) -> None:
        dispatcher = self.task_dispatcher
        threads = len(dispatcher.threads), dispatcher.active_count, len(dispatcher.queue)
        self._metrics.note(State(len(self.active_channels), *threads))

    def count_error(self, status: int) -> None:
        """Count a request that is not valid HTTP, or one too many, which is answered here."""
        self._metrics.count(NO_ROUTE, str(status), 0.0)

    def getsockname(self) -> tuple[str, str]:
        """Return host and port, for the environment of requests."""
        return super().getsockname() if _is_tcp(self.family) else (UNIX_SOCKET, "0")

    def set_socket_options(self, conn: socket.socket) -> None:
        if _is_tcp(self.family):
            super().set_socket_options(conn)

    def fix_addr(self, addr: Any) -> Any:
        """Return the address and port of a connection, of which one on a unix socket has none."""
        return addr if _is_tcp(self.family) else (UNIX_SOCKET, 0)

    def del_channel(self, map: Any = None) -> None:  # noqa: A002  waitress' own signature
        self.loop.forget(self._fileno)
        super().del_channel(map)

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
        self.loop.close()


def serve(server: Server, ready: Callable[[], None], stopping: Callable[[], None] = lambda: None) -> None:
    """Run *server* until one of STOP_SIGNALS; call *ready* once they are handled, *stopping* when one arrived."""
    for number in STOP_SIGNALS:
        signal.signal(number, server.stop)
    ready()
    server.run(stopping)
