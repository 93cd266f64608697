"""The promises of docs/reliability.md, and how each is tried."""

import importlib
import inspect
import re
import subprocess
import sys
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.campaigns.running import NotTriedError

ROOT = Path(__file__).parent.parent.parent


class Tests:
    """Tests of the suite that try a promise; without any, they are to come."""

    def __init__(self, *node_ids: str) -> None:
        self.node_ids = node_ids

    def __call__(self, *, long: bool) -> str:
        """Run them in a process of its own; return how many passed."""
        if not self.node_ids:
            raise NotTriedError("its tests are to come")
        with tempfile.TemporaryDirectory() as directory:
            command = [sys.executable, "-m", "pytest", "--no-cov", "-n", "0", "-q", "-p", "no:cacheprovider"]
            command += [f"--basetemp={directory}/pytest", *self.node_ids]
            done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
        *_, last = done.stdout.splitlines() or [""]
        assert done.returncode == 0, f"{last}\n{done.stdout}{done.stderr}"
        passed = re.search(r"\d+ passed", last)
        assert passed is not None, last
        return "1 test passed" if passed[0] == "1 passed" else passed[0].replace(" ", " tests ")


class Campaign:
    """A function of a module beside this one, which is imported when it is tried."""

    def __init__(self, module: str, function: str = "try_it") -> None:
        self._module = module
        self._function = function

    def __call__(self, *, long: bool) -> str:
        """Call the function, in its long form if there is one; return the figure."""
        name = f"tests.campaigns.{self._module}"
        try:
            attempt = getattr(importlib.import_module(name), self._function)
        except ModuleNotFoundError as exc:
            if exc.name != name:
                raise
            raise NotTriedError("its campaign is to come") from exc
        forms = {"long": long} if "long" in inspect.signature(attempt).parameters else {}
        return str(attempt(**forms))


@dataclass(frozen=True)
class Promise:
    """What is promised, in short, and how it is tried: *try_it* returns the figure or raises AssertionError."""

    number: int
    name: str
    sentence: str
    try_it: Callable[..., str]


_WEB, _DOMAIN, _STORAGE, _SERVING = (f"tests/server/{name}" for name in ("web", "domain", "storage", "serving"))
_ACTIVITY = f"{_WEB}/handlers/test_activity.py"
_AUTH = f"{_WEB}/test_auth.py"
_SERVER = f"{_SERVING}/test_server.py"

PROMISES = [
    # Data
    Promise(1, "kill", "acknowledged writes survive SIGKILL", Campaign("kill", "kill")),
    Promise(2, "atomic", "a batch is stored whole or not at all", Campaign("writes", "atomic")),
    Promise(3, "retry", "a batch that is retried is stored once", Campaign("kill", "retry")),
    Promise(4, "writers", "concurrent writers lose and invent nothing", Campaign("writes", "writers")),
    Promise(5, "visible", "a write is seen by every later read", Campaign("writes", "visible")),
    Promise(6, "isolated", "a failing request affects no other one", Campaign("writes", "isolated")),
    Promise(7, "reconnect", "lost connections heal", Campaign("faults", "reconnect")),
    Promise(8, "busy", "a write lock held elsewhere is 503 for writes", Campaign("faults", "busy")),
    Promise(9, "full-disk", "a full disk stores nothing by halves", Campaign("faults", "full_disk")),
    Promise(10, "missing-database", "a broken database is never empty", Campaign("faults", "missing_database")),
    Promise(
        11,
        "wal-bug",
        "no write-ahead log with a SQLite that has the bug",
        Tests(f"{_STORAGE}/test_database.py::test_wal_is_used_only_with_sqlite_versions_where_it_is_safe"),
    ),
    Promise(12, "backup", "a backup under load is consistent", Campaign("commands", "backup")),
    Promise(13, "stop", "a stop finishes what is under way", Campaign("commands", "stop")),
    Promise(14, "imports", "an import is stored whole", Campaign("commands", "imports")),
    # Input and answers
    Promise(15, "fuzz", "no request makes the server fail", Campaign("fuzz", "fuzz")),
    Promise(
        16,
        "json",
        "every answer is JSON with ok",
        Tests(
            f"{_WEB}",
            f"{_SERVER}::test_what_is_not_http_or_too_large_is_one_json_error",
            f"{_SERVER}::test_a_malformed_request_is_logged_and_has_the_common_headers",
            f"{_SERVING}/test_event_loop.py::test_an_error_of_http_is_answered_and_closes_the_connection",
            f"{_SERVING}/test_event_loop.py::test_a_connection_beyond_the_limit_is_refused_all_but_healthz",
        ),
    ),
    Promise(
        17,
        "strict-json",
        "JSON is read strictly",
        Tests(
            f"{_WEB}/test_strict_json.py",
            f"{_WEB}/test_requests.py::test_the_json_test_suite_causes_no_unexpected_error",
        ),
    ),
    Promise(18, "body-limit", "a large body is refused before it is read", Campaign("load", "body_limit")),
    Promise(
        19,
        "ids",
        "an id is text, and never an operator",
        Tests(
            f"{_ACTIVITY}::test_an_invalid_id_list_is_refused_with_a_pointer",
            f"{_ACTIVITY}::test_naughty_strings_as_ids_are_refused_or_not_found",
            f"{_DOMAIN}/test_user.py::test_a_user_id_has_the_characters_of_an_email_address",
            f"{_DOMAIN}/test_user.py::test_anything_else_is_not_a_user_id",
            f"{_STORAGE}/test_periods.py::test_an_id_is_never_read_as_sql_or_as_a_pattern",
        ),
    ),
    Promise(
        20,
        "fields",
        "unknown fields are refused, tables stay",
        Tests(
            f"{_ACTIVITY}::test_unknown_fields_are_refused",
            f"{_WEB}/test_routes.py::test_an_unknown_field_is_refused_and_changes_no_table",
            "tests/server/questions/test_refusals.py::test_every_question_needs_users_and_valid_fields",
            f"{_WEB}/test_fuzz.py",
        ),
    ),
    Promise(
        21,
        "id-list",
        "at most 1,000 ids, each answered once",
        Tests(
            f"{_ACTIVITY}::test_at_most_a_thousand_ids_are_accepted",
            f"{_ACTIVITY}::test_members_come_in_the_order_asked_and_the_unknown_are_named",
            f"{_ACTIVITY}::test_a_missing_or_empty_id_list_is_refused_with_the_assignments_message",
            f"{_ACTIVITY}::test_the_assignments_request_has_the_assignments_answer",
        ),
    ),
    Promise(
        22,
        "methods",
        "wrong methods, types and paths are refused",
        Tests(
            f"{_WEB}/test_routes.py::test_a_path_takes_its_own_methods_and_refuses_all_others",
            f"{_WEB}/test_routes.py::test_another_type_than_json_is_refused",
            f"{_WEB}/test_routes.py::test_no_error_repeats_text_of_the_request",
            f"{_WEB}/test_errors.py::test_another_path_is_refused_without_being_repeated",
        ),
    ),
    Promise(
        23,
        "zones",
        "every IANA zone, and no other",
        Tests(
            f"{_DOMAIN}/test_timezones.py",
            "tests/server/questions/test_activity_window.py"
            "::test_every_zone_is_accepted_and_answers_with_its_own_offset",
        ),
    ),
    Promise(
        24,
        "tzdata",
        "zone data are those of the wheel",
        Tests(
            f"{_DOMAIN}/test_timezones.py::test_zone_data_come_from_the_wheel_and_are_recent",
            f"{_DOMAIN}/test_timezones.py::test_the_zone_data_of_the_system_are_not_used",
            f"{_DOMAIN}/test_timezones.py::test_a_nasty_zone_shows_the_right_wall_clock",
        ),
    ),
    # Availability
    Promise(25, "slow-clients", "half-open requests delay no other client", Campaign("slow_clients")),
    Promise(26, "soak", "memory and descriptors do not grow", Campaign("load", "soak")),
    Promise(27, "bounded", "long answers stream in flat memory", Campaign("load", "bounded")),
    Promise(28, "cursors", "cursors yield every user once", Campaign("writes", "cursors")),
    Promise(
        29,
        "rates",
        "rate limits are fair",
        Tests(
            f"{_WEB}/test_rates.py",
            f"{_SERVING}/test_threads.py::test_one_caller_has_at_most_half_of_the_threads",
        ),
    ),
    Promise(30, "health", "/healthz answers whatever the database does", Campaign("faults", "health")),
    # Security and privacy
    Promise(
        31,
        "public-bind",
        "a public server without a token is locked",
        Tests(
            f"{_AUTH}::test_a_public_server_without_tokens_is_locked_and_its_errors_say_so",
            f"{_AUTH}::test_a_policy_is_local_only_if_its_address_hosts_and_proxy_are",
            "tests/server/commands/test_serve.py::test_a_server_that_others_can_reach_is_locked_until_it_has_a_token",
            "tests/server/commands/test_serve.py::test_serve_logs_who_has_access_when_it_starts",
        ),
    ),
    Promise(
        32,
        "tokens",
        "missing and bad tokens are 401",
        Tests(_AUTH, "tests/server/commands/test_token.py", f"{_DOMAIN}/test_token.py"),
    ),
    Promise(33, "scopes", "every route has its scope", Tests(f"{_WEB}/test_access_matrix.py")),
    Promise(34, "secrets", "a token is nowhere but with its owner", Campaign("privacy", "secrets")),
    Promise(35, "hosts", "other host names are refused", Tests(f"{_WEB}/test_hosts.py")),
    Promise(36, "origins", "pages of other origins have no access", Tests(f"{_WEB}/test_origins.py")),
    Promise(
        37,
        "headers",
        "every answer has the security headers",
        Tests(
            f"{_WEB}/test_access_matrix.py",
            f"{_WEB}/test_errors.py",
            f"{_WEB}/test_proxies.py",
            f"{_SERVER}::test_a_malformed_request_is_logged_and_has_the_common_headers",
            f"{_SERVER}::test_a_head_request_is_answered_with_headers_only",
        ),
    ),
    Promise(38, "logs", "logs hold no personal data", Campaign("privacy", "logs")),
    Promise(39, "erasure", "deleted users leave the files", Campaign("privacy", "erasure")),
    Promise(
        40,
        "terminal",
        "no text of the server steers the terminal",
        Tests(
            "tests/common/test_terminal.py",
            "tests/client/test_cli.py::test_an_error_from_the_server_cannot_steer_the_terminal",
            "tests/client/views/test_activity.py::test_naughty_names_neither_crash_nor_steer_nor_style",
            "tests/client/commands/test_question.py"
            "::test_no_name_crashes_a_question_or_reaches_the_terminal_as_control_characters",
            "tests/client/commands/test_login.py::test_a_saved_token_is_sent_only_to_its_server",
            "tests/client/commands/test_login.py::test_a_token_is_not_sent_over_plain_http_to_another_machine",
            "tests/client/api/test_client.py::test_neither_proxy_nor_netrc_is_used",
            "tests/client/api/test_client.py::test_a_redirect_is_not_followed",
        ),
    ),
    # Load and attack
    Promise(41, "connections", "many connections are as fast as few", Campaign("load", "connections")),
    Promise(42, "connection-limit", "beyond 500 connections a clear 503", Campaign("load", "connection_limit")),
    Promise(
        43,
        "expensive-requests",
        "the cost is known before it is paid",
        Campaign("expensive", "expensive_requests"),
    ),
    Promise(
        44,
        "eight-expensive",
        "expensive questions leave enough for others",
        Campaign("expensive", "eight_expensive"),
    ),
    Promise(45, "write-lock", "recording holds the lock briefly", Campaign("expensive", "write_lock")),
    Promise(46, "framing", "the framing of a request is bounded", Campaign("framing")),
    Promise(
        47,
        "clock",
        "a clock that is set moves no deadline",
        Tests(
            f"{_SERVING}/test_event_loop.py::test_a_clock_that_is_set_back_does_not_switch_off_the_deadlines",
        ),
    ),
    Promise(
        48,
        "journal",
        "the journal mode may be switched",
        Tests(f"{_STORAGE}/test_database.py::test_another_program_may_switch_the_journal_mode_of_a_file_in_use"),
    ),
    Promise(
        49,
        "unknown-zone",
        "an unknown zone affects one member",
        Tests(f"{_WEB}/handlers/test_unknown_zone.py"),
    ),
    Promise(50, "client-limits", "the client ends with one clear line", Campaign("client_limits")),
    # The description of the API
    Promise(51, "schemathesis", "the OpenAPI document is true", Campaign("openapi")),
]
