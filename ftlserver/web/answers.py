"""The shapes of answers, as JSON Schema: one for each kind of answer, and what they have in common.

Later versions may add keys, so a client ignores those that it does not know; the tests allow none but these.
"""

from collections.abc import Mapping
from typing import Any

from ftlserver.domain.token import SCOPES
from ftlserver.errors import HTTP_STATUSES
from ftlserver.web import responses
from ftlserver.web.schemas import MOST_HEARTBEATS, MOST_PERIODS, MOST_PROBLEMS, NEW_PERIOD

JsonSchema = dict[str, Any]

HOURS_OF_WEEK = 168


def ref(name: str) -> JsonSchema:
    """Return a reference to the schema of that name."""
    return {"$ref": f"#/components/schemas/{name}"}


def _text(description: str, **more: Any) -> JsonSchema:
    return {"type": "string", "description": description, **more}


def _iso(description: str) -> JsonSchema:
    return _text(description, format="date-time")


def _flag(description: str) -> JsonSchema:
    return {"type": "boolean", "description": description}


def _count(description: str, **more: Any) -> JsonSchema:
    return {"type": "integer", "minimum": 0, "description": description, **more}


def _seconds(description: str) -> JsonSchema:
    return {"type": "number", "minimum": 0, "description": description}


def _share(description: str) -> JsonSchema:
    return {"type": "number", "minimum": 0, "maximum": 1, "description": description}


def _share_or_null(description: str) -> JsonSchema:
    return {**_share(description), "type": ["number", "null"]}


def _list(items: JsonSchema, description: str, **more: Any) -> JsonSchema:
    return {"type": "array", "items": items, "description": description, **more}


def _ids(description: str) -> JsonSchema:
    return _list({"type": "string"}, description)


def _object(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None, **more: Any) -> JsonSchema:
    """Return the schema of an object that has the *required* keys, and may have the *optional* ones."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": list(required), **more}


_OK = {"ok": {"const": True, "description": "there was no error"}}
_CHANGE = {
    "change": {"type": ["integer", "null"], "description": "the number of this change, null if there is none"}
}

_MEMBER = {
    "id": _text("the id"),
    "real_name": _text("the full name"),
    "tz": _text("an IANA zone, as it was given"),
}
_MAY_BE_MARKED = {
    "tz_unknown": {
        "const": True,
        "description": "this server's zone data does not know the zone, so it counts as UTC; present only then",
    }
}


def _member(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None) -> JsonSchema:
    return _object({**_MEMBER, **required}, {**_MAY_BE_MARKED, **(optional or {})})


def _answer(required: Mapping[str, Any], optional: Mapping[str, Any] | None = None, **more: Any) -> JsonSchema:
    return _object({**_OK, **required}, optional, **more)


_LEFT_AT = {"left_at": _iso("when the user left, on their clock; present if they did")}
_SHOWN_TIME = "in the `time_format` asked for"
_EDGES = {
    "from": {
        "type": ["string", "null"],
        "format": "date-time",
        "description": "null if the window has no beginning",
    },
    "to": _iso("where it ends"),
}
# With what an answer to a question may end.
_LAST_KEYS = {
    "not_found": _ids("the unknown ids; present only if there are any"),
    "renamed_to": {
        "type": "object",
        "additionalProperties": {"type": "string"},
        "description": "those of them that are aliases, each with the id of its user; present if there are any",
    },
    "omitted": _object(
        {
            "inactive": _count("by `active_only`"),
            "beyond_limit": _count("by `limit`"),
        },
        description="how many members were left out; present if the request has `active_only`, `order`, `limit` or"
        " `exclude`",
    ),
}
_NEXT_PAGE = {
    "response_metadata": _object(
        {"next_cursor": _text("the `cursor` of the next page")}, description="present if there is a next page"
    )
}


def _question(
    members: JsonSchema, optional: Mapping[str, JsonSchema] | None = None, /, **more: JsonSchema
) -> JsonSchema:
    listed = _list(members, "the members, in the order asked, or by id for `all`")
    return _answer({"window": ref("Window"), "members": listed, **more}, {**_LAST_KEYS, **(optional or {})})


def _unit(name: JsonSchema, key: str) -> JsonSchema:
    return _object(
        {
            key: name,
            "active_seconds": _seconds("how long the member was active within the window; overlap counts once"),
            "length_seconds": _seconds("how long all of it is: a day may have 23 or 25 hours"),
        },
        {
            "first_start": _text(f"when the member was first active, {_SHOWN_TIME}; present if they were"),
            "last_end": _text(f"when they were last active, {_SHOWN_TIME}"),
        },
    )


def _lasting(description: str) -> JsonSchema:
    """Return the schema of an interval with its length, or null."""
    interval = _object(
        {
            "start_time": _text(f"the start, {_SHOWN_TIME}"),
            "end_time": _text(f"the end, {_SHOWN_TIME}"),
            "seconds": _seconds("its length"),
        }
    )
    return {**interval, "type": ["object", "null"], "description": description}


_THING = {"type": "object", "additionalProperties": {"type": "string"}}
_PERIOD = _object({"start_time": _iso("its start"), "end_time": _iso("its end")})
_VERDICT = _text("what the heartbeat did to the period", enum=["started", "extended", "unchanged"])
_HEARTBEAT = {
    "verdict": _VERDICT,
    "period": {**ref("Period"), "description": "the period that contains the heartbeat"},
    "change": {
        "type": ["integer", "null"],
        "description": "the number of the change, the same for all heartbeats of a period",
    },
}
_TEAM = {"id": _text("the id"), "name": _text("the name")}
_WIDENED = _count("how many valid tokens of this team have access to more users than before")

_HABIT = _member(
    {
        "active_days": _count("on how many days in the window the member was active"),
        "enough_history": _flag("whether these are at least 5"),
    }
)
_SLOT = _object(
    {
        "start_time": _text(f"the start, {_SHOWN_TIME}"),
        "end_time": _text(f"the end, {_SHOWN_TIME}"),
        "expected_attendance": _seconds("how many members can be expected, of those with enough history"),
        "outside_usual_hours": _count("for how many of them it is outside their usual hours"),
        "members": _list(
            _object(
                {
                    "id": _text("the id"),
                    "local_time": _text(f"the start on the member's clock, {_SHOWN_TIME}"),
                    "expected": _share("the share of the slot for which the member is usually active"),
                    "usual": _flag("whether the member is active in each hour of it for a quarter of the time"),
                    "attendance": _text(
                        "whether the member will be there",
                        enum=["likely", "possible", "unlikely", "unknown"],
                    ),
                }
            ),
            "in the order of the answer's `members`",
        ),
    }
)
_CLOCK_CHANGE = {
    "tz": _text("the zone"),
    "at": _iso("when its clocks change, in UTC"),
    "offset_before": {"type": "integer", "description": "seconds east of UTC"},
    "offset_after": {"type": "integer", "description": "seconds east of UTC"},
    "members": _ids("those in that zone, by id"),
    "overlap_before": _seconds("what they can be expected to share with the others, in a week"),
    "overlap_after": _seconds("the same after the change"),
}

SCHEMAS: dict[str, JsonSchema] = {
    # ---- parts of answers
    "Member": _object(_MEMBER, _MAY_BE_MARKED, description="A user, in an answer."),
    "Period": {**_PERIOD, "description": "A stored period, half-open, in iso times."},
    "NewPeriod": NEW_PERIOD,
    "Window": _object(
        {**_EDGES, "rule": _text("how it was applied")},
        {
            "by_member": {
                "type": "object",
                "additionalProperties": _object(_EDGES),
                "description": "the window of each member by id, where it was read on each member's own clock",
            }
        },
        description="The window [from, to) of a question, as instants in UTC.",
    ),
    "Team": _object({**_TEAM, "members": _list(ref("Member"), "its members, by id")}, description="A team."),
    # ---- answers to questions
    "Activity": _answer(
        {
            "members": _list(
                _member(
                    {
                        "activity_periods": _list(
                            _object(
                                {
                                    "start_time": _text(f"the start, {_SHOWN_TIME}"),
                                    "end_time": _text(f"the end, {_SHOWN_TIME}"),
                                }
                            ),
                            "the periods, by start, then end; times are shown as they were recorded, whatever zone"
                            " the member lives in today, or in `tz`",
                        )
                    }
                ),
                "the members, in the order asked, or by id for `all`",
            )
        },
        {
            "window": {**ref("Window"), "description": "present if the request has `from` or `to`"},
            **_LAST_KEYS,
            **_NEXT_PAGE,
        },
    ),
    "Summary": _question(
        _member(
            {
                "active_seconds": _seconds(
                    "how long the member was active in the window; overlapping time counts once"
                )
            },
            {
                "days": _list(
                    _unit(_text("the day", format="date"), "date"),
                    "with `per: day`: every day of the window, or every one from the member's first activity on if"
                    " the window has no beginning; days add up to the total",
                ),
                "weeks": _list(
                    _unit(_text("the week of ISO 8601, such as `2019-W01`"), "week"), "with `per: week`: the weeks"
                ),
                "months": _list(
                    _unit(_text("the month, such as `2019-05`"), "month"), "with `per: month`: the months"
                ),
            },
        )
    ),
    "Overlap": _question(
        ref("Member"),
        tz=_text("the zone of the times"),
        min_members=_count("how many members have to be active"),
        overlap_seconds=_seconds("the total of `stretches`"),
        at_least=_list(
            _seconds("seconds"),
            "the seconds with at least one member active, with at least two, and so on up to all",
        ),
        stretches=_list(
            _object(
                {
                    "start_time": _text(f"the start, {_SHOWN_TIME}"),
                    "end_time": _text(f"the end, {_SHOWN_TIME}"),
                    "seconds": _seconds("its length"),
                    "members": _ids("who is active, by id"),
                }
            ),
            "the intervals in which enough members are active; a new one starts whenever a member becomes active"
            " or inactive",
        ),
        matrix=_list(
            _list(_seconds("seconds"), "those that a member shares with each"),
            "the seconds that each pair shares, in the order of `members`, and on the diagonal the active seconds"
            " of each member",
        ),
    ),
    "Coverage": _question(
        ref("Member"),
        tz=_text("the zone of the times and of the hours of the week"),
        max_members=_count("how many may be active in a gap"),
        quiet={"type": ["string", "null"], "description": "the hours in which gaps are meant, as asked, or null"},
        counted_seconds=_seconds("how much of the window lies outside of `quiet`"),
        covered_seconds=_seconds("how much of that lies outside of gaps"),
        share=_share_or_null("the covered time, divided by the time that counts; null if none does"),
        share_24h=_share_or_null("the covered time, divided by the whole window"),
        hours=_list(
            _share_or_null("the share; null where nothing of the hour counts"),
            "that share of each hour of the week, from Monday 00 to Sunday 23",
            minItems=HOURS_OF_WEEK,
            maxItems=HOURS_OF_WEEK,
        ),
        gaps=_list(
            _object(
                {
                    "start_time": _text(f"the start, {_SHOWN_TIME}"),
                    "end_time": _text(f"the end, {_SHOWN_TIME}"),
                    "seconds": _seconds("its length"),
                    "left_last": _ids("whose leaving began the gap; none at the edge of the window"),
                    "came_first": _ids("whose coming ended it; none at the edge of the window"),
                }
            ),
            "the intervals in which too few members are active, outside of `quiet`, by start; the parts of one"
            " that it interrupts have the same members around",
        ),
        hand_overs=_list(
            _object(
                {
                    "from": _text("who left, by id"),
                    "to": _text("who had come later, and stayed, by id"),
                    "count": _count("how often"),
                    "seconds": _seconds("for how long both were active then, in all"),
                }
            ),
            "up to 1,000 pairs, those with the most hand-overs first; who comes when another leaves takes over",
        ),
    ),
    "Rest": _question(
        _member(
            {
                "active_seconds": _seconds("how long the member was active"),
                "active_days": _count("on how many days"),
                "night_share": _share_or_null("how much of that was between 22:00 and 06:00, null without any"),
                "weekend_share": _share_or_null("how much of it was on Saturdays and Sundays"),
                "longest_active": _lasting("the longest unbroken activity; periods that touch are not broken"),
                "shortest_rest": _lasting(
                    "the shortest rest of a day, which is the longest break that begins within 24 hours from its"
                    " first activity; null as long as no activity follows"
                ),
                "days_in_a_row": {
                    **_object(
                        {
                            "days": _count("how many"),
                            "first_date": _text("the first one", format="date"),
                            "last_date": _text("the last one", format="date"),
                        }
                    ),
                    "type": ["object", "null"],
                    "description": "the most days in a row with activity",
                },
            }
        )
    ),
    "Presence": _answer(
        {
            "at": _iso("the instant that the answer is about, in UTC"),
            "members": _list(
                _member(
                    {
                        "active": _flag("whether the member is active at that instant"),
                        "local_time": _text(f"the member's local time then, {_SHOWN_TIME}"),
                    },
                    {
                        "since": _text(
                            "the start of the unbroken activity under way, looked for at least 7 days back"
                        ),
                        "last_active": _text("the end of the latest activity of a member who is not active"),
                        "left_at": _text("when the member left; present with `all`, if that was before"),
                        "usually_back": _text(
                            "the first moment from then on in an hour of the week in which a member who is not"
                            " active usually is; present with `usually_back`, if there is enough history"
                        ),
                    },
                ),
                "the members, in the order asked, or by id for `all`",
            ),
        },
        {**_LAST_KEYS, "usually_back": _text("the earliest of these; present if no member is active")},
    ),
    "Hours": _question(
        _member(
            {
                "weeks": _seconds("the length of the window that was evaluated, in weeks"),
                "hours": _list(
                    _share("the share"),
                    "from Monday 00 to Sunday 23: the active time in that hour of the week, divided by the time"
                    " that the window contains of it",
                    minItems=HOURS_OF_WEEK,
                    maxItems=HOURS_OF_WEEK,
                ),
            }
        ),
        tz={
            "type": ["string", "null"],
            "description": "the zone of these hours, null for each member's own clock",
        },
    ),
    "Meeting": _question(
        _HABIT,
        {
            "rotation": _object(
                {
                    "slots": _list(_SLOT, "the slots, in their order"),
                    "worst_share": _share(
                        "the largest share of these slots that lies outside a member's usual hours; no other"
                        " choice of slots has a lower one"
                    ),
                    "is_lowest": _flag("false if the search was given up before that was certain"),
                    "members": _list(
                        _object({"id": _text("the id"), "outside_share": _share("the share of this member")}),
                        "those with enough history",
                    ),
                },
                description="slots to be used in turn; present with `rotate`",
            )
        },
        tz=_text("the zone of the times"),
        week=_object(
            {"from": _iso("where it begins"), "to": _iso("where it ends")}, description="the week to come"
        ),
        slots=_list(
            _SLOT,
            "the best slots: the highest expected attendance first, then the fewest members outside their usual"
            " hours, then the earliest; no slot overlaps a better one",
        ),
        changes=_list(
            _object(_CLOCK_CHANGE), "the clock changes in the members' zones from now to the end of that week"
        ),
    ),
    "ClockChanges": _question(
        _HABIT,
        {
            "meeting": _object(
                {
                    "weekday": _text("the weekday on which it is held"),
                    "time": _text("the time of day at which it begins"),
                    "tz": _text("the zone of its clock"),
                    "minutes": _count("how long it takes"),
                    "times": _count("how often it is held in the time ahead"),
                    "moves": _list(
                        {
                            **_SLOT,
                            "properties": {
                                **_SLOT["properties"],
                                "moved": {
                                    "type": "object",
                                    "additionalProperties": {"type": "string"},
                                    "description": "the local time of the week before, by the id of each"
                                    " member whose clock now shows another time or weekday",
                                },
                            },
                            "required": [*_SLOT["required"], "moved"],
                        },
                        "those times at which it moves for someone",
                    ),
                },
                {"first": {**_SLOT, "description": "the next time, if there is one"}},
                description="the standing meeting, if one was asked about",
            )
        },
        tz=_text("the zone of the times"),
        ahead=_object(
            {"from": _iso("where it begins"), "to": _iso("where it ends")}, description="the weeks to come"
        ),
        changes=_list(
            _object(
                {
                    **_CLOCK_CHANGE,
                    "pairs": _list(
                        _object(
                            {
                                "members": _ids("two of them, by id"),
                                "overlap_before": _seconds("what they can be expected to share, in a week"),
                                "overlap_after": _seconds("the same after the change"),
                            }
                        ),
                        "the pairs whose expected overlap it changes, the largest difference first",
                    ),
                }
            ),
            "the clock changes in the members' zones in that time",
        ),
    ),
    # ---- users and teams
    "Users": _answer(
        {
            "members": _list(
                _member(
                    {},
                    {
                        "aliases": _ids("those by which `query` found the user; present if there are any"),
                        **_LEFT_AT,
                    },
                ),
                "a page of users, by id; of a search, the exact matches first, then whole words, then other parts",
            )
        },
        _NEXT_PAGE,
    ),
    "User": _answer(
        {"member": _member({}, {"aliases": _ids("further ids of the user; present if there are any"), **_LEFT_AT})}
    ),
    "WrittenUser": _answer({"created": _flag("whether the user is new"), "member": ref("Member"), **_CHANGE}),
    "NewAlias": _answer({"created": _flag("whether the alias is new"), **_CHANGE}),
    "MergedUser": _answer(
        {
            "periods": _count("how many periods moved"),
            "already_known": _count("how many of these the other user had"),
            "teams": _ids("the teams that the first user was in; a merge adds no one to a team"),
            **_CHANGE,
        }
    ),
    "Done": _answer({}),
    "Teams": _answer({"teams": _list(_object({**_TEAM, "size": _count("the number of members")}), "the teams")}),
    "OneTeam": _answer({"team": ref("Team")}),
    "NewTeam": _answer(
        {"created": _flag("whether the team is new"), "team": ref("Team"), "widened_tokens": _WIDENED, **_CHANGE}
    ),
    "ChangedTeam": _answer(
        {
            "team": ref("Team"),
            "added": _count("how many members were added"),
            "removed": _count("how many members were removed"),
            "widened_tokens": _WIDENED,
            **_CHANGE,
        }
    ),
    "DeletedTeam": _answer(
        {"bound_tokens": _count("how many valid tokens of this team have access to no one from now on"), **_CHANGE}
    ),
    # ---- writes
    "Verdicts": _answer(
        {
            "inserted": _count("how many were stored, those that overlap others included"),
            "extended": _count("how many let a stored period end later"),
            "duplicates": _count("how many were stored before"),
            "overlaps": _count("how many were stored and overlap other periods of their users"),
            "deleted": _count("how many were deleted"),
            "not_found": _count("how many were to be deleted and are not there"),
            "rejected": _count("how many were not stored"),
            "verdicts": _list(
                _object(
                    {
                        "verdict": _text(
                            "what became of the period",
                            enum=[
                                *(
                                    "inserted",
                                    "overlaps",
                                    "extended",
                                    "duplicate",
                                    "deleted",
                                    "not_found",
                                    "rejected",
                                )
                            ],
                        )
                    },
                    {
                        "overlaps": _list(ref("Period"), "up to ten others that it overlaps", maxItems=10),
                        "period": {
                            **ref("Period"),
                            "description": "the stored one with this start, if it is another than the one sent",
                        },
                        "code": _text("why it was rejected"),
                        "pointer": _text("a JSON Pointer into the period"),
                        "message": _text("a sentence"),
                        "choices": _ids("the times that a wall clock may stand for"),
                    },
                ),
                "the status of each period, in order",
                maxItems=MOST_PERIODS,
            ),
            **_CHANGE,
        },
        {"dry_run": {"const": True, "description": "present if nothing was stored, because the request says so"}},
    ),
    "EditedPeriod": _answer({"period": ref("Period"), **_CHANGE}),
    "Heartbeat": _answer(_HEARTBEAT),
    "WakatimeHeartbeat": _answer({"data": _object(_HEARTBEAT)}),
    "WakatimeHeartbeats": _answer(
        {
            "responses": _list(
                {
                    "type": "array",
                    "prefixItems": [
                        {"anyOf": [_object({"data": _object(_HEARTBEAT)}), ref("Error")]},
                        {"enum": [201, 400]},
                    ],
                    "minItems": 2,
                    "maxItems": 2,
                },
                "for each heartbeat what it did, or an error, and a status",
                maxItems=MOST_HEARTBEATS,
            )
        }
    ),
    "Undone": _answer(
        {
            **_CHANGE,
            "periods": _object(
                {
                    "deleted": _count("that the change had added"),
                    "restored": _count("that it had deleted"),
                    "set_back": _count("whose end it had changed"),
                    "kept": _count("that a later change extended further"),
                },
                description="how many periods became what",
            ),
            "users_kept": _count("how many users whom the import had added are kept, as they have other activity"),
            "set_back": _list(
                _object(
                    {
                        "user_id": _text("the id of the user"),
                        **_PERIOD["properties"],
                        "previous_end_time": _iso("its end before the undo"),
                    }
                ),
                "up to ten periods that have another end now",
                maxItems=10,
            ),
            "kept": _list(
                _THING, "up to ten of the periods and users that were kept; users have a `table`", maxItems=10
            ),
        }
    ),
    "Changes": _answer(
        {
            "members": _list(ref("Member"), "the users that changed, or whose periods did, as they are now"),
            "deleted_members": _ids("those that are gone, with all their periods"),
            "periods": _list(
                _object({"user_id": _text("the id of the user"), **_PERIOD["properties"]}),
                "the periods that changed, as they are now",
            ),
            "deleted_periods": _list(
                _object({"user_id": _text("the id of the user"), "start_time": _iso("its start")}),
                "those that are gone; starts are compared as instants",
            ),
            "cursor": _text("the `since` of the next request"),
            "more": _flag("whether there is more to read at once"),
        }
    ),
    # ---- the server
    "Whoami": _answer(
        {
            "name": {"type": ["string", "null"], "description": "the name of the token, null without one"},
            "scopes": _list({"enum": list(SCOPES)}, "what the token permits"),
            "user_ids": {
                "type": ["array", "null"],
                "items": {"type": "string"},
                "description": "the users it is bound to, null for all",
            },
            "policies": _object(
                {
                    "overlaps": _text(
                        "what becomes of a period that overlaps another of its user", enum=["store", "reject"]
                    ),
                    "oldest": {
                        "type": ["string", "null"],
                        "format": "date-time",
                        "description": "the instant after which a period has to end, null for any",
                    },
                },
                description="what the server stores",
            ),
        },
        {
            "team": _text("the team that it is bound to, if there is one"),
            "round_seconds": _count("the unit to which it sees times rounded, if it does"),
        },
    ),
    "Health": _answer({"tzdata": _text("the release of the time zone data")}),
    "Error": _object(
        {
            "ok": {"const": False, "description": "there was an error"},
            "error": _text("the error code, which is stable", enum=list(HTTP_STATUSES)),
            "status": {"type": "integer", "description": "the HTTP status"},
            "message": _text("a sentence that says what is wrong and what to do"),
        },
        {
            "request_id": _text("that of the header `X-Request-Id`; missing in errors of the HTTP layer"),
            "errors": _list(
                _object(
                    {
                        "pointer": _text("a JSON Pointer to the place in the request"),
                        "code": _text("what is wrong there"),
                        "message": _text("a sentence"),
                    }
                ),
                f"up to {MOST_PROBLEMS} places in the request",
                maxItems=MOST_PROBLEMS,
            ),
            "max": {"type": "integer", "description": "the limit that was exceeded"},
            "retry_after": _count("when to retry, in seconds"),
            "needed": _text("the scope that the token would need"),
            "provided": _ids("the scopes that it has, or the users that it is bound to"),
            "period": {**ref("Period"), "description": "the stored period with this start"},
            "changed": _list(
                _THING,
                "up to ten things that were changed again: periods, or rows of other tables",
                maxItems=10,
            ),
        },
        description="Every answer whose status is 400 or more.",
    ),
}

_CALENDAR = "text/calendar"
_SVG = "image/svg+xml"
_USERS_AND_PERIODS = (
    "lines of JSON: one for each user (`id`, `real_name`, `tz`), followed by one for each of their periods"
    ' (`user_id`, `start_time`, `end_time`). The last, `{"ok":true,"count":N,"cursor":"…"}`, counts the lines'
    " before it; without it some are missing. From its cursor on, changes can be followed"
)
# What each operation answers with if all is well: a schema, or a media type and what it holds.
OF_OPERATION: dict[str, str | tuple[str, str]] = {
    "activity_ask": "Activity",
    "activity_ask_by_link": "Activity",
    "questions_summary": "Summary",
    "questions_overlap": "Overlap",
    "questions_coverage": "Coverage",
    "questions_rest": "Rest",
    "questions_presence": "Presence",
    "questions_hours": "Hours",
    "questions_meeting": "Meeting",
    "questions_clock_changes": "ClockChanges",
    "feeds_activity": (_CALENDAR, "a calendar (RFC 5545) of when members were active"),
    "feeds_usual_hours": (_CALENDAR, "a calendar of the hours in which members are usually active"),
    "feeds_meeting": (_CALENDAR, "a calendar with the best times to meet"),
    "feeds_clock_changes": (_CALENDAR, "a calendar of clock changes"),
    "feeds_board": (_SVG, "a picture of who is active"),
    "feeds_badge": (_SVG, "a picture of how many are active"),
    "users_list_users": "Users",
    "users_get": "User",
    "users_add": "WrittenUser",
    "users_put": "WrittenUser",
    "users_patch": "WrittenUser",
    "users_add_alias": "NewAlias",
    "users_merge": "MergedUser",
    "users_delete": "Done",
    "teams_list_teams": "Teams",
    "teams_get": "OneTeam",
    "teams_add": "NewTeam",
    "teams_patch": "ChangedTeam",
    "teams_delete": "DeletedTeam",
    "periods_record": "Verdicts",
    "periods_delete": "Verdicts",
    "periods_edit": "EditedPeriod",
    "periods_heartbeat": "Heartbeat",
    "wakatime_heartbeat": "WakatimeHeartbeat",
    "wakatime_heartbeats": "WakatimeHeartbeats",
    "changes_follow": "Changes",
    "changes_undo": "Undone",
    "exports_export_user": "Activity",
    "exports_export": (responses.NDJSON, _USERS_AND_PERIODS),
    "health_whoami": "Whoami",
    "health_health": "Health",
    "health_readiness": "Done",
    "metrics_scrape": ("text/plain", "counters and gauges in the text format of Prometheus"),
    "reference_openapi": (responses.JSON, "this document"),
    "reference_page": (responses.HTML, "this document, as a page"),
}
