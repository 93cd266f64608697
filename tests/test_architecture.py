"""Imports go one way, and each library has one place."""

import ast
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the lowest layer to the highest: a module imports only from its own layer and from those above it in its list.
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
        "store",
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
COMMON = [
    *("terminal", "command_line", "offset_changes", "zone_guess"),
    *("formats.__init__", "formats.json_objects", "formats.lines"),
    *("formats.activitywatch", "formats.csv", "formats.git", "formats.ical", "formats.members"),
    *("formats.ndjson", "formats.slack", "formats.timewarrior"),
    *("formats.source", "progress"),
]
CLIENT = [
    *("errors", "time_ranges", "config", "api.__init__", "api.models", "api.client", "api.spool"),
    *("views", "commands", "cli", "__main__"),
]
ORDERS = {"ftlserver": SERVER, "ftlclient": CLIENT, "ftlcommon": COMMON}

PLACES = {
    "argcomplete": {"ftlcommon.command_line"},
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
    "sqlite3": {"ftlserver.database", "ftlserver.commands", "ftlclient.api.spool", "ftlcommon.formats.git"},
    "subprocess": {"ftlcommon.formats.git"},
    "waitress": {"ftlserver.dispatcher", "ftlserver.serving"},
    "zoneinfo": {"ftlserver.clock", "ftlclient.time_ranges", "ftlcommon.zone_guess"},
    "faker": {"ftlserver.samples"},
    "ijson": {"ftlcommon.formats.json_objects"},
    "icalendar": {"ftlcommon.formats.ical"},
    "recurring_ical_events": {"ftlcommon.formats.ical"},
    "requests": {"ftlclient.api.client"},
    "rich": {
        "ftlcommon.progress",
        "ftlserver.commands",
        "ftlclient.views",
        "ftlclient.commands",
        "ftlclient.cli",
    },
    "rich_argparse": {"ftlcommon.command_line"},
    "tzlocal": {"ftlclient.time_ranges"},
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


def layer(package: str, names: Sequence[str]) -> str:
    """Return the entry of the package's list that holds the module, or the name in a module, that *names* lead to."""
    for length in range(len(names), 0, -1):
        name = ".".join(names[:length])
        for entry in (name, f"{name}.__init__"):
            if entry in ORDERS[package]:
                return entry
    return "__init__"


def place(path: Path) -> tuple[str, str]:
    package, *names = path.relative_to(ROOT).with_suffix("").parts
    return package, layer(package, names)


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_go_one_way_and_only_ftlcommon_is_shared(path: Path) -> None:
    package, importing = place(path)
    order = ORDERS[package]
    for imported in imports(path):
        top, *names = imported.split(".")
        if top not in ORDERS or (top == "ftlcommon" and package != top):
            continue
        assert top == package
        used = layer(package, names)
        if "__init__" not in (importing, used):
            assert order.index(used) <= order.index(importing), f"{importing} imports {used}"


@pytest.mark.parametrize("path", modules(), ids=lambda path: str(path.relative_to(ROOT)))
def test_each_library_has_its_place(path: Path) -> None:
    here = ".".join(place(path))
    for imported in imports(path):
        library = imported.split(".")[0]
        assert here in PLACES.get(library, {here}), f"{here} imports {library}"


def test_every_module_is_in_the_order() -> None:
    found = {place(path) for path in modules()} - {(package, "__init__") for package in ORDERS}
    assert found == {(package, name) for package, order in ORDERS.items() for name in order}
