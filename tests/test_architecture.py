"""Imports go one way, and each library has one place."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the lowest room to the highest; a room imports only rooms below it.
SERVER = [
    *(
        "errors",
        "clock",
        "intervals",
        "models",
        "wall_clock",
        "window",
        "questions",
        "tokens",
        "config",
        "strict_json",
    ),
    *(
        "schemas",
        "tables",
        "database",
        "token_store",
        "statements",
        "storage",
        "recorder",
        "samples",
        "access",
        "reading",
        "recording",
        "api",
        "app",
        "dispatcher",
        "serving",
        "workers",
    ),
    *("commands", "cli", "__main__"),
]
FORMATS = [
    *("__init__", "objects", "lines", "zones"),
    *("activitywatch", "csv", "git", "ical", "members", "ndjson", "slack", "timewarrior"),
    "source",
    "progress",
]
CLIENT = ["errors", "text", "clock", "models", "config", "client", "spool", "views", "commands", "cli", "__main__"]
ORDERS = {"ftlserver": SERVER, "ftlclient": CLIENT, "ftlformats": FORMATS}

PLACES = {
    "argcomplete": {f"{package}.{room}" for package in ("ftlserver", "ftlclient") for room in ("cli", "commands")},
    "bottle": {"ftlserver.reading", "ftlserver.app"},
    "cerberus": {"ftlserver.schemas"},
    "dataset": {"ftlserver.database"},
    "sqlalchemy": {
        "ftlserver.tables",
        "ftlserver.database",
        "ftlserver.statements",
        "ftlserver.store",
        "ftlserver.token_store",
        "ftlserver.recorder",
    },
    "sqlite3": {"ftlserver.database", "ftlserver.commands", "ftlclient.spool", "ftlformats.git"},
    "subprocess": {"ftlformats.git"},
    "waitress": {"ftlserver.dispatcher", "ftlserver.serving"},
    "zoneinfo": {"ftlserver.clock", "ftlclient.clock", "ftlformats.zones"},
    "faker": {"ftlserver.samples"},
    "ijson": {"ftlformats.objects"},
    "icalendar": {"ftlformats.ical"},
    "recurring_ical_events": {"ftlformats.ical"},
    "requests": {"ftlclient.client"},
    "rich": {
        "ftlformats.progress",
        "ftlserver.commands",
        "ftlclient.views",
        "ftlclient.commands",
        "ftlclient.cli",
    },
    "tzlocal": {"ftlclient.clock"},
    "platformdirs": {"ftlserver.config", "ftlclient.config"},
}


def modules() -> list[Path]:
    return [path for package in ORDERS for path in sorted((ROOT / package).rglob("*.py"))]


def imports(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(path: Path) -> str:
    package, *rest = path.relative_to(ROOT).with_suffix("").parts
    return f"{package}.{rest[0]}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_no_import_goes_up_and_server_and_client_know_nothing_of_each_other(path: Path) -> None:
    package, name = room(path).split(".")
    order = ORDERS[package]
    for imported in imports(path):
        top, *rest = imported.split(".")
        if top not in ORDERS or (top == "ftlformats" and name == "commands"):
            continue
        assert top == package
        if name != "__init__" and rest[0] in order:
            assert order.index(rest[0]) <= order.index(name), f"{name} imports {rest[0]}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_library_has_its_place(path: Path) -> None:
    for imported in imports(path):
        library = imported.split(".")[0]
        assert room(path) in PLACES.get(library, {room(path)}), f"{room(path)} imports {library}"


def test_every_room_is_in_the_order() -> None:
    rooms = {room(path) for path in modules()} - {"ftlserver.__init__", "ftlclient.__init__"}
    assert rooms == {f"{package}.{name}" for package, order in ORDERS.items() for name in order}
