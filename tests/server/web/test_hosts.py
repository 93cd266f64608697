"""The Host header: the names by which the server may be called."""

import socket
from urllib.parse import urlsplit

import pytest
from webtest import TestApp, TestRequest

from ftlserver.errors import ConfigError
from ftlserver.storage import Storage
from ftlserver.web.app import create_app
from ftlserver.web.middleware import Policy
from tests.helpers import all_rows, answer, check_common, finished, send, store_team, talk
from tests.server.web.sample_requests import ROUTE_TABLE, sample_of

HOSTS = [
    ("localhost", True),
    ("LocalHost", True),
    ("LOCALHOST:8080", True),
    ("localhost.", True),
    ("localhost.:8080", True),
    ("localhost:", True),
    ("localhost:1", True),
    ("localhost:65535", True),
    ("127.0.0.1", True),
    ("127.0.0.1:8080", True),
    ("[::1]", True),
    ("[::1]:8080", True),
    ("ftl.example.org", True),
    ("FTL.Example.ORG:443", True),
    ("ftl.example.org.", True),
    ("", False),
    (" ", False),
    (".", False),
    (":", False),
    (":8080", False),
    ("evil.test", False),
    ("evil.test:8080", False),
    ("localhost.evil.test", False),
    ("evil.localhost", False),
    ("xlocalhost", False),
    ("localhostx", False),
    ("localhost..", False),
    ("127.0.0.2", False),
    ("127.1", False),
    ("2130706433", False),
    ("0.0.0.0", False),
    ("0x7f000001", False),
    ("[::]", False),
    ("[::1", False),
    ("::1]", False),
    ("[::1]evil.test", False),
    ("[::1]evil.test:8080", False),
    ("[::1].", False),
    ("[localhost]", False),
    ("[::ffff:127.0.0.1]", False),
    ("localhost, evil.test", False),
    ("localhost:80, evil.test", False),
    ("localhost,localhost", False),
    ("localhost localhost", False),
    ("localhost:80:80", False),
    ("localhost:x", False),
    ("localhost:-1", False),
    ("localhost:\xb2", False),
    ("localhost:80@evil.test", False),
    ("evil.test@localhost", False),
    ("a:b@localhost", False),
    ("localhost:80/", False),
    ("localhost/", False),
    ("http://localhost", False),
    ("localhost\\", False),
    ("loc\xe4lhost", False),
    ("localho\u017ft".encode().decode("latin-1"), False),
    ("l\xb2", False),
    ("a" * 10_000, False),
]


@pytest.mark.parametrize("path", ["/api/whoami", "/healthz", "/no/such/path"])
def test_an_unknown_host_name_is_refused_before_anything_else(sqlite_storage: Storage, path: str) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("127.0.0.1", ["ftl.example.org"])))
    wrong = []
    for host, is_own in HOSTS:
        response = send(app, "GET", path, headers={"Host": host})
        refused = (response.status_int, response.json.get("error")) == (421, "host_not_allowed")
        if refused == is_own or (response.status_int == 421 and not refused):
            wrong.append((host, response.status))
    assert wrong == []


@pytest.mark.parametrize("host", ["https://ftl.example.org", "x:y:z", "[::1", "", "x:http", "[localhost]"])
def test_an_invalid_allowed_host_is_a_configuration_error(host: str) -> None:
    with pytest.raises(ConfigError, match="is not a host name"):
        Policy.of("127.0.0.1", [host])


def test_an_allowed_host_may_be_an_ip_address_with_or_without_brackets(sqlite_storage: Storage) -> None:
    app = TestApp(
        create_app(sqlite_storage, Policy.of("0.0.0.0", ["2001:db8::5", "[2001:db8::6]:8080", "192.0.2.7"]))
    )
    for host in ("[2001:db8::5]", "[2001:DB8::6]:443", "192.0.2.7:80"):
        assert send(app, "GET", "/healthz", headers={"Host": host}).status_int == 200
    assert send(app, "GET", "/healthz", headers={"Host": "2001:db8::5"}).status_int == 421


def test_the_ip_address_listened_on_is_an_allowed_host(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy.of("2001:db8::5")))
    assert send(app, "GET", "/healthz", headers={"Host": "[2001:db8::5]:8080"}).status_int == 200
    assert send(app, "GET", "/healthz", headers={"Host": "[2001:db8::6]"}).status_int == 421
    app = TestApp(create_app(sqlite_storage, Policy.of("0.0.0.0")))
    assert send(app, "GET", "/healthz", headers={"Host": "0.0.0.0"}).status_int == 421


def test_a_request_without_a_host_header_is_refused(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage))
    request = TestRequest.blank("/healthz")
    del request.environ["HTTP_HOST"]
    response = app.do_request(request, expect_errors=True)
    check_common(response)
    assert (response.status_int, response.json["error"]) == (400, "host_missing")


@pytest.mark.parametrize(
    "hosts",
    [
        b"Host: localhost\r\nHost: evil.test\r\n",
        b"Host: evil.test\r\nHost: localhost\r\n",
        b"Host: localhost:80\r\nHost: evil.test\r\n",
        b"Host: localhost\r\nHost: localhost\r\n",
    ],
)
def test_two_host_headers_are_refused(server_url: str, hosts: bytes) -> None:
    assert answer(talk(server_url, b"GET /healthz HTTP/1.1\r\n" + hosts + b"\r\n"))[0] == 421


def test_no_handler_sees_a_request_for_another_host(sqlite_storage: Storage) -> None:
    store_team(sqlite_storage)
    app = TestApp(create_app(sqlite_storage))
    for method, path, _ in ROUTE_TABLE:
        sample = sample_of(method, path)
        assert send(app, method, *sample, headers={"Host": "evil.test"}).status_int == 421
    assert len(all_rows(sqlite_storage)) == 6


def test_a_head_request_for_an_unknown_host_is_answered_without_a_body(server_url: str) -> None:
    parts = urlsplit(server_url)
    with socket.create_connection((str(parts.hostname), parts.port or 0), timeout=10) as connection:
        connection.sendall(b"HEAD /healthz HTTP/1.1\r\nHost: evil.test\r\n\r\n")
        connection.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
        received = b"".join(iter(lambda: connection.recv(65536), b""))
    first, _, rest = received.partition(b"\r\n\r\n")
    assert first.startswith(b"HTTP/1.1 421 ")
    assert rest.startswith(b"HTTP/1.1 200 ")  # a body here would be read as the next answer
    assert finished(rest)
