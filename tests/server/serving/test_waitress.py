"""The private parts of waitress that ``ftlserver.serving`` uses exist in the installed version."""

import inspect

import pytest
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser
from waitress.server import BaseWSGIServer, TcpWSGIServer
from waitress.task import ErrorTask, ThreadedTaskDispatcher


@pytest.mark.parametrize(
    ("owner", "names"),
    [
        (HTTPRequestParser, ["received", "expect_continue", "completed", "headers_finished", "error", "body_rcv"]),
        (HTTPRequestParser, ["parse_header", "chunked", "header_plus", "body_bytes_received"]),
        (HTTPChannel, ["received", "write_soon", "handle_close", "service", "parser_class", "error_task_class"]),
        (ErrorTask, ["execute", "set_close_on_finish", "write"]),
        (ThreadedTaskDispatcher, ["add_task", "handler_thread", "set_thread_count", "shutdown"]),
        (BaseWSGIServer, ["maintenance", "pull_trigger"]),
        (TcpWSGIServer, ["channel_class", "run", "getsockname", "set_socket_options", "fix_addr"]),
        (wasyncore, ["loop", "close_all", "dispatcher"]),
        (Adjustments, ["channel_timeout", "cleanup_interval", "recv_bytes", "outbuf_high_watermark"]),
    ],
)
def test_the_names_exist(owner: object, names: list[str]) -> None:
    assert [name for name in names if not hasattr(owner, name)] == []


@pytest.mark.parametrize(
    ("function", "names"),
    [
        (HTTPChannel.__init__, ["requests", "outbufs", "outbuf_lock", "total_outbufs_len", "will_close"]),
        (HTTPRequestParser.__init__, ["adj"]),
        (
            ThreadedTaskDispatcher.__init__,
            ["threads", "queue", "lock", "queue_cv", "thread_exit_cv", "stop_count"],
        ),
        (BaseWSGIServer.__init__, ["active_channels", "task_dispatcher", "adj"]),
        (OverflowableBuffer.__init__, ["overflow"]),
    ],
)
def test_the_attributes_are_set(function: object, names: list[str]) -> None:
    owner = function.__qualname__.split(".")[0]  # type: ignore[attr-defined]
    source = inspect.getsource(inspect.getmodule(function))  # type: ignore[arg-type]
    assert [name for name in names if f"self.{name}" not in source and f"{name} = " not in source] == [], owner


def test_a_channel_counts_active_threads_as_the_dispatcher_does() -> None:
    assert ThreadedTaskDispatcher().active_count == 0
