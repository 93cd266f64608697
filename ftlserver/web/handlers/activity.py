"""Who was active when: members with their activity periods."""

from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from typing import Any

from ftlserver.domain import instants
from ftlserver.domain.intervals import Interval
from ftlserver.domain.period import Span
from ftlserver.domain.user import User
from ftlserver.domain.window import Window
from ftlserver.questions import activity
from ftlserver.storage import Storage, packing
from ftlserver.storage.periods import PAGE, batches
from ftlserver.web import responses, selection
from ftlserver.web.handlers.users import read_page_of_users
from ftlserver.web.requests import Request, read_query, refuse

# What is read at once of a long answer; this bounds its memory.
_IDS_AT_ONCE = 50

_EVERYTHING = (0, instants.END_OF_TIME)
_REACHES_IN = "half-open; a period that began before and reaches in belongs to it"
_CLIPPED = "half-open; periods are cut at its edges"


def ask(storage: Storage, request: Request) -> responses.Answer:
    """Answer with the activity periods of members.

    Without ``from`` and ``to`` the answer contains every period. A period that began before the window belongs to
    it if it extends into the window.
    """
    return _answer(storage, request.question(), {})


def ask_by_link(storage: Storage, request: Request) -> dict[str, Any] | responses.Answer:
    """Answer with the activity periods of the members that a link names.

    Without ``id`` and ``team`` the answer is about all users, page by page.
    """
    asked, page = read_query()
    if not asked.keys().isdisjoint(("id_list", "team")):
        refuse(page)
        return _answer(storage, request.about_members(request.validated(asked)), {})
    request.caller.allow_users(None)
    refuse({name: value for name, value in asked.items() if name in selection.FIELDS})
    users, paging = read_page_of_users(storage, page)
    asked = request.validated({**asked, "all": True})
    del asked["all"]
    if not users:
        return {"ok": True, "members": []}
    return _answer(storage, {**asked, "id_list": [user.id for user in users]}, paging)


def _answer(storage: Storage, asked: dict[str, Any], paging: dict[str, Any]) -> responses.Answer:
    opening: dict[str, Any] = {"ok": True}
    if not asked.keys().isdisjoint(selection.FIELDS):
        chosen = selection.choose(storage, asked, partial(storage.periods.reach, window=_window(asked)))
        asked = {name: value for name, value in asked.items() if name not in selection.FIELDS | {"all"}}
        asked["id_list"] = [user.id for user in chosen.users]
        paging = chosen.last_keys
    as_recorded = asked.get("time_format", "display") == "display" and not asked.keys() & {"tz", "clip"}
    if as_recorded and asked.keys() <= {"id_list", "time_format"}:
        members = _histories(storage, asked["id_list"], _EVERYTHING, paging)
        return responses.stream(responses.JSON, responses.with_list(opening, "members", members))
    window = _window(asked)
    users = storage.users.find_many(asked.get("id_list"))
    edges = window.edges_of_all(users)
    if _is_windowed(asked):
        opening["window"] = window.to_json(edges, _CLIPPED if asked.get("clip") else _REACHES_IN)
    if as_recorded and edges and window.is_same_for_all:
        members = _histories(storage, asked.get("id_list", list(edges)), edges[users[0].id], paging)
    else:
        paging = selection.missing(storage, asked, users) | paging
        moved = storage.periods.moved(users, window)
        members = _within(_pages(storage, users, edges | moved), asked, window, moved, paging)
    return responses.stream(responses.JSON, responses.with_list(opening, "members", members))


def _is_windowed(asked: Mapping[str, Any]) -> bool:
    return not asked.keys().isdisjoint(("from", "to"))


def _window(asked: Mapping[str, Any]) -> Window:
    return Window.of(asked, instants.now() if _is_windowed(asked) else instants.END_OF_TIME)


def _histories(storage: Storage, ids: Iterable[str], window: Interval, paging: dict[str, Any]) -> responses.Pieces:
    """Yield members with their periods within a window that is the same for all, as recorded, in display times."""
    wanted = list(dict.fromkeys(ids))
    found = set()
    separator = b""
    for at in range(0, len(wanted), _IDS_AT_ONCE):
        for user, periods in storage.periods.histories(wanted[at : at + _IDS_AT_ONCE], window, PAGE):
            found.add(user.id)
            if periods is not None:
                yield separator + responses.member(user, periods)
            else:
                yield separator
                spans = storage.periods.pages_of(user.id, window)
                pages = (responses.periods_json(page, "display") for page in spans)
                yield from responses.long_member(user, pages)
            separator = b","
    return selection.not_found(storage, (user_id for user_id in wanted if user_id not in found)) | paging


def _pages(
    storage: Storage, users: Iterable[User], edges: Mapping[str, Interval]
) -> Iterator[tuple[User, Iterable[list[Span]]]]:
    """Yield *users* with pages of the spans that reach into their windows, in flat memory."""
    for batch in batches(users, _IDS_AT_ONCE):
        windows = [(user.id, *edges[user.id]) for user in batch]
        for user, (_, pages) in zip(batch, storage.periods.pages(packing.SPANS, windows), strict=True):
            yield user, pages


def _within(
    members: Iterable[tuple[User, Iterable[list[Span]]]],
    asked: dict[str, Any],
    window: Window,
    moved: Mapping[str, Interval],
    paging: dict[str, Any],
) -> responses.Pieces:
    """Yield members with their periods that reach into their windows."""
    time_format = asked.get("time_format", "display")
    separator = b""
    for user, pages in members:
        if user.id in moved:
            pages = _on_own_clock(pages, user, asked, window, moved[user.id])  # noqa: PLW2901
        elif asked.get("clip"):
            pages = (activity.clipped(page, user, window.edges(user)) for page in pages)  # noqa: PLW2901
        shown = (responses.periods_json(activity.shown_in(window.tz, page), time_format) for page in pages)
        yield separator
        yield from responses.long_member(user, shown)
        separator = b","
    return paging


def _on_own_clock(
    pages: Iterable[list[Span]], user: User, asked: dict[str, Any], window: Window, reach: Interval
) -> Iterator[list[Span]]:
    """Yield *pages* with what lies in the window on the clock that *user*, who has moved, had."""
    for page in pages:
        found = activity.on_own_clock(page, user, window, reach)
        yield [part if asked.get("clip") else span for span, part in found]
