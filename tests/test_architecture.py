"""Imports go one way, down the layers, and each library has one place."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent

# From the lowest module of a package to the highest; a module imports only modules before it.
ORDERS = {
    "ftlserver": "errors config domain storage questions web serving commands cli __main__",
    "ftlserver.domain": "instants timezones time_formats user team rules period redundant time_tables intervals days_and_hours window token",
    "ftlserver.storage": "schema marks postgresql sqlite_file database idle_connections full_check totals backup changes aliases"
    " tokens users teams packing period_writes periods rounded_periods busy recording heartbeats guessed_users bulk_import merging mirroring pruning doctor"
    " undo __init__",
    "ftlserver.questions": "__init__ limits activity overlap_sweep overlap hand_overs coverage presence summary hours rest habits returning clock_changes"
    " meeting rotation standing_meeting",
    "ftlserver.web": "schemas bulk_json strict_json turns requests responses answers route openapi reference selection rates auth metrics"
    " middleware handlers pages app",
    "ftlserver.web.handlers": "users teams activity questions feeds periods changes wakatime exports health metrics",
    "ftlserver.web.pages": "templates assets visit forms tables pictures login board views member",
    "ftlserver.serving": "memory event_loop threads parser server unix_socket notify workers",
    "ftlclient": "errors time_ranges time_expressions config api views commands cli __main__",
    "ftlclient.api": "answers models client spool",
    "ftlcommon": "terminal member_names whole_file calendar_days english_dates day_expressions command_line offset_changes"
    " zone_guess weekly_pattern csv_rows formats progress zones wording summary_units levels sentences undo_words calendars drawing completion programs",
    "ftlcommon.drawing": "theme texts sheet axes rows bars units badge board cells year week_map hours meeting clock_changes"
    " longest overlap coverage rest summary timeline __init__",
    "ftlcommon.formats": "__init__ json_objects lines rows time_entries"
    " activitywatch clockify csv git ical members ndjson slack timewarrior toggl source",
}
# Commands and views stand beside each other; only what they share, whose names begin with _, is imported.
SIDE_BY_SIDE = {
    "ftlserver.commands": ["delete_user", "import_file", "sample_data", "users"],
    "ftlclient.commands": [],
    "ftlclient.views": ["formatting"],
}
PACKAGES = ("ftlserver", "ftlclient", "ftlcommon")
PURE = ("ftlserver.domain", "ftlserver.questions", "ftlcommon.drawing")

# The places of a library: packages, or modules.
PLACES = {
    "argcomplete": ["ftlcommon.command_line", "ftlserver.commands", "ftlclient.commands"],
    "bottle": ["ftlserver.web"],
    "cerberus": ["ftlserver.web.schemas"],
    "dataset": ["ftlserver.storage"],
    "sqlalchemy": ["ftlserver.storage"],
    "sqlite3": ["ftlserver.storage", "ftlserver.commands.serve", "ftlclient.api.spool", "ftlcommon.formats.git"],
    "subprocess": ["ftlcommon.formats.git", "ftlclient.commands._pager", "ftlclient.commands._pictures"],
    "waitress": ["ftlserver.serving"],
    "zoneinfo": [
        "ftlserver.domain.timezones",
        "ftlclient.time_ranges",
        "ftlcommon.zones",
        "ftlcommon.zone_guess",
        "ftlcommon.formats.time_entries",
    ],
    "faker": ["ftlserver.commands.sample_data"],
    "ijson": ["ftlcommon.formats.json_objects"],
    "icalendar": ["ftlcommon.formats.ical", "ftlcommon.calendars"],
    "recurring_ical_events": ["ftlcommon.formats.ical"],
    "dateparser": ["ftlcommon.english_dates"],
    "requests": ["ftlclient.api.client"],
    "rich": ["ftlcommon.progress", "ftlserver.commands", "ftlclient.views", "ftlclient.commands", "ftlclient.cli"],
    "rich_argparse": ["ftlcommon.command_line"],
    "tzlocal": ["ftlclient.time_ranges"],
    "psycopg": ["ftlserver.storage.postgresql"],
    "platformdirs": ["ftlserver.config", "ftlclient.config"],
}


def modules() -> list[Path]:
    return [path for package in PACKAGES for path in sorted((ROOT / package).rglob("*.py"))]


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts)


def imports(path: Path) -> Iterator[str]:
    """Yield what a module imports, with the name that is taken from it."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def steps(package: str, dotted: str) -> str:
    """Return the module or package right below *package* that a dotted name leads to, ``__init__`` for itself."""
    step = dotted.removeprefix(f"{package}.").split(".")[0]
    inside = ROOT.joinpath(*package.split("."), step)
    return step if inside.is_dir() or inside.with_suffix(".py").is_file() else "__init__"


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_imports_go_down(path: Path) -> None:
    name = name_of(path)
    for imported in imports(path):
        top = imported.split(".")[0]
        if top not in PACKAGES:
            continue
        assert top in (name.split(".")[0], "ftlcommon"), f"{name} imports {imported}"
        for package, order in ORDERS.items():
            if name.startswith(package + ".") and imported.startswith(package + "."):
                here, there = steps(package, name), steps(package, imported)
                ranks = order.split()
                if "__init__" not in (here, there) or "__init__" in ranks:
                    assert ranks.index(there) <= ranks.index(here), f"{name} imports {imported}"
        for package, shared in SIDE_BY_SIDE.items():
            if name.startswith(package + ".") and imported.startswith(package + "."):
                there = steps(package, imported)
                assert there == "__init__" or there.startswith("_") or there in shared, (
                    f"{name} imports {imported}"
                )


@pytest.mark.parametrize("package", PURE)
def test_a_pure_package_imports_nothing_that_reads_or_writes(package: str) -> None:
    allowed = ("ftlserver.domain", "ftlserver.questions", "ftlserver.errors", "ftlcommon.offset_changes")
    for path in (ROOT.joinpath(*package.split("."))).glob("*.py"):
        for imported in imports(path):
            top = imported.split(".")[0]
            assert top != "ftlserver" or imported.startswith(allowed), f"{path} imports {imported}"
            assert top not in {"sqlalchemy", "dataset", "bottle", "sqlite3", "os", "pathlib", "logging"}


@pytest.mark.parametrize("path", modules(), ids=name_of)
def test_each_library_has_its_place(path: Path) -> None:
    name = name_of(path)
    for imported in imports(path):
        places = PLACES.get(imported.split(".")[0])
        assert places is None or any(f"{name}.".startswith(f"{place}.") for place in places), (name, imported)


@pytest.mark.parametrize("package", ORDERS)
def test_every_module_is_in_the_order(package: str) -> None:
    folder = ROOT.joinpath(*package.split("."))
    found = {path.stem for path in folder.glob("*.py")} | {
        path.parent.name for path in folder.glob("*/__init__.py")
    }
    assert found - {"__init__"} == set(ORDERS[package].split()) - {"__init__"}


def test_templates_are_compiled_by_one_function_and_never_looked_up() -> None:
    """``bottle.template`` runs ``./NAME.tpl`` of the working directory, and code in its argument."""
    forbidden = {
        "template",
        "view",
        "TEMPLATE_PATH",
        "TEMPLATES",
        "BaseTemplate",
        "MakoTemplate",
        "Jinja2Template",
    }
    forbidden |= {
        "CheetahTemplate",
        "mako_template",
        "jinja2_template",
        "cheetah_template",
        "mako_view",
        "jinja2_view",
    }
    compiling = []
    for path in modules():
        names = {name.removeprefix("bottle.") for name in imports(path) if name.startswith("bottle.")}
        names |= {
            node.attr
            for node in ast.walk(ast.parse(path.read_text()))
            if isinstance(node, ast.Attribute) and getattr(node.value, "id", "") == "bottle"
        }
        assert not names & forbidden, path
        compiling += [name_of(path)] if "SimpleTemplate" in names else []
    assert compiling == ["ftlserver.web.pages.templates"]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "ftlserver/web/pages/templates").glob("*.tpl")), ids=lambda p: p.stem
)
def test_a_template_escapes_and_quotes_and_holds_neither_style_nor_script(path: Path) -> None:
    source = path.read_text()
    assert "{{!" not in source
    assert not re.search(r"=\s*\{\{", source), "an attribute is quoted"
    assert not re.search(r"(?i)<style|\bstyle=|\bon[a-z]+=|javascript:|https?://", source)
    assert not re.search(r"(?i)<script(?![^>]*\bsrc=)", source)
    assert not re.search(r"\b(include|rebase)\s*\(", source)


def test_a_folder_has_few_entries() -> None:
    entries = {path.name for path in (ROOT / "ftlserver").iterdir() if path.suffix == ".py" or path.is_dir()} - {
        "__init__.py",
        "__main__.py",
        "__pycache__",
    }
    assert len(entries) <= 10


@pytest.mark.parametrize("program", ["ftlserver", "ftlclient"])
def test_each_message_on_stderr_begins_with_the_name_of_its_program(program: str) -> None:
    """A question, which does not end its line, needs no name."""
    for path in (ROOT / program).rglob("*.py"):
        source = path.read_text()
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print":
                options = {option.arg: ast.unparse(option.value) for option in node.keywords}
                if options.get("file") == "sys.stderr" and "end" not in options:
                    assert f"{program}: " in ast.unparse(node.args[0]), (path, ast.unparse(node))
