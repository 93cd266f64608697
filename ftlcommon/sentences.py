"""What the answers about several members say in words, on a terminal as in a picture."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from heapq import nlargest
from math import prod
from typing import Any

from ftlcommon.levels import percent
from ftlcommon.terminal import safe
from ftlcommon.wording import counted, hours_and_minutes, time_of_day
from ftlcommon.zones import zone_of

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
# Which share of an hour of the week was covered, up to none, a quarter, a half, three quarters, all of it.
COVERED_HOURS = ("never covered", "up to 25 %", "50 %", "75 %", "100 % of the hour")
# How likely a member is there, in the words of an answer: a mark, and what it means.
ATTENDANCES = {
    "likely": ("●", "likely"),
    "possible": ("○", "possible"),
    "unlikely": ("·", "outside their usual hours"),
    "unknown": ("?", "not enough history"),
}
_BEST = 3  # hours that are named
_ROUND_NUMBERS = (2, 3, 5, 10, 20, 50, 100, 200, 500)
_MOST_NAMES = 3  # of those whose clock changes
_FEW_WEEKS = timedelta(weeks=4)
_MOST_UNKNOWN = 10  # names of those who are not counted
_MOST_AT_ONCE = 2  # names of those who left or came at the same moment

Answer = Mapping[str, Any]


def most_likely(shares: Sequence[Sequence[float]]) -> tuple[str, list[float]]:
    """Return when all members with those *shares* of each hour of the week are likely to be active.

    The likelihood of each hour is the product of their shares; it is left out if there is no hour with all.
    """
    columns = [*zip(*shares, strict=True)]
    together = [prod(column) for column in columns]
    if not any(map(all, columns)):
        most, hour = max((sum(map(bool, column)), -hour) for hour, column in enumerate(columns))
        return f": there is no hour of the week in which all were active; {most} were on {hour_words(-hour)}", []
    best = nlargest(_BEST, range(len(together)), key=lambda hour: (together[hour], -hour))
    shown = ", ".join(f"{hour_words(hour)} ({percent(together[hour])})" for hour in best if all(columns[hour]))
    return f", most likely {shown}", together


def hour_words(number: int) -> str:
    """Return the name of an hour of the week."""
    return f"{WEEKDAYS[number // 24]} {time_of_day(datetime(2000, 1, 1, number % 24, tzinfo=UTC))}"


def length_words(seconds: float) -> str:
    """Return a duration as ``h:mm``."""
    return hours_and_minutes(timedelta(seconds=seconds))


def overlap_words(answer: Answer) -> tuple[str, str]:
    """Return how long as many members as asked for were active together, and how long other numbers were."""
    least, count = int(answer["min_members"]), len(answer["members"])
    who = f"all {count}" if least == count else f"at least {least} of {count}"
    if count == 1:
        who = "the only member"
    at_least = answer["at_least"]
    most = most_together(answer)
    shown = range(2, most + 1) if most <= len(_ROUND_NUMBERS) else _ROUND_NUMBERS
    numbers = [number for number in sorted({*shown, most} - {least}) if 1 < number <= most]
    names = [f"all {count}" if number == count else f"at least {number}" for number in numbers]
    lengths = [
        f"{length_words(at_least[number - 1])} with {name}" for name, number in zip(names, numbers, strict=True)
    ]
    return f"{length_words(answer['overlap_seconds'])} with {who} active", ", ".join(lengths)


def most_together(answer: Answer) -> int:
    """Return how many members were active at the same time at most."""
    return sum(map(bool, answer["at_least"]))


def interval_length(interval: Answer) -> timedelta:
    """Return how long an interval is between the minutes that ``interval_times`` shows."""
    start, end = _minutes(interval)
    return end - start


def interval_times(interval: Answer) -> str:
    """Return when an interval begins and ends, to the minute."""
    start, end = _minutes(interval)
    later = (end.date() - start.date()).days
    return f"{start:%Y-%m-%d %a}  {time_of_day(start)}-{time_of_day(end)}{f' +{later}' if later else ''}"


def present_words(
    ids: Sequence[str],
    names: Mapping[str, str],
    space: float,
    width_of: Callable[[str], float],
    cut: Callable[[str, float], str],
) -> str:
    """Return which of *names*, by id, were active in an interval, or who were not if fewer, in *space*."""
    present = set(ids)
    others = [id_ for id_ in names if id_ not in present]
    if not others:
        return "all"
    start, named = ("all but ", others) if len(others) < len(ids) else ("", list(ids))
    shown = [names[id_] for id_ in named]
    for count in range(min(len(shown), max(1, int(space))), 1, -1):
        more = f" and {len(shown) - count:,} more" if count < len(shown) else ""
        text = f"{start}{', '.join(shown[:count])}{more}"
        if width_of(text) <= space:
            return text
    more = f" and {len(shown) - 1:,} more" if len(shown) > 1 else ""
    return f"{start}{cut(shown[0], space - width_of(start) - width_of(more))}{more}"


def coverage_words(answer: Answer) -> tuple[str, str]:
    """Return which share of the time had enough members active, and how much that is and how many gaps."""
    most = answer["max_members"]
    who = f"more than {counted(most, 'member')} active" if most else "anyone active"
    covered, whole = (length_words(answer[key]) for key in ("covered_seconds", "counted_seconds"))
    share = covered_words(answer["share"])
    return f"{share} of the time with {who}", f"{covered} of {whole}, {counted(len(answer['gaps']), 'gap')}"


def quiet_words(answer: Answer) -> str:
    """Return which gaps of a coverage are meant; nothing if none are."""
    if answer["quiet"] is None:
        return ""
    text = f"Gaps in {answer['quiet']} are meant and not counted; of all 24 hours, "
    return f"{text}{covered_words(answer['share_24h'])} of the time"


def covered_words(share: float | None) -> str:
    """Return a share in percent, 100 only if it is all."""
    return "0 %" if not share else f"{int(share * 1000) / 10:g} %"


def gap_words(gap: Answer, names: Mapping[str, str]) -> str:
    """Return who left last before a gap of a coverage, and who came first after it."""
    around = (("after", gap["left_last"]), ("until", gap["came_first"]))
    return ", ".join(f"{word} {_some(ids, names)}" for word, ids in around if ids)


def _some(ids: Sequence[str], names: Mapping[str, str]) -> str:
    more = len(ids) - _MOST_AT_ONCE
    shown = " and ".join(names[id_] for id_ in ids[:_MOST_AT_ONCE])
    return shown + (f" and {more:,} more" if more > 0 else "")


def attendances(answer: Answer, slot: Answer) -> Counter[str]:
    """Return how many of those who can be judged have each attendance at a slot."""
    judged = {member["id"] for member in answer["members"] if member["enough_history"]}
    return Counter(member["attendance"] for member in slot["members"] if member["id"] in judged)


def rotation_words(rotation: Answer) -> str:
    """Return how fair it is to meet at several times in turn."""
    share = percent(rotation["worst_share"]) if rotation["worst_share"] else "0 %"
    words = f"no member is outside their usual hours for more than {share} of it"
    return words if rotation["is_lowest"] else f"{words}; a fairer choice may exist: the search was given up"


def meeting_words(answer: Answer) -> str:
    """Return who will be there at the best time."""
    slot = answer["slots"][0]
    start = datetime.fromisoformat(slot["start_time"])
    judged = sum(member["enough_history"] for member in answer["members"])
    moment = f"{start:%a} {time_of_day(start)} {_city(answer['tz'])}: "
    if not judged:
        return f"{moment}there is too little activity to say who is likely to be there"
    found = attendances(answer, slot)
    text = f"{moment}{found['likely']} of {judged} likely"
    if found["possible"]:
        text += f", {found['possible']} possible"
    if found["unlikely"]:
        text += f", {found['unlikely']} outside their usual hours"
    return text


def not_counted_words(answer: Answer, names: Mapping[str, str]) -> str:
    """Return who was active on too few days to say when they are likely to be there; nothing if no one."""
    unknown = [member for member in answer["members"] if not member["enough_history"]]
    if not unknown:
        return ""
    shown = [
        f"{names[member['id']]} ({counted(member['active_days'], 'day')})" for member in unknown[:_MOST_UNKNOWN]
    ]
    more = f" and {len(unknown) - _MOST_UNKNOWN} more" if len(unknown) > _MOST_UNKNOWN else ""
    return f"Not counted, with too few days of activity: {', '.join(shown)}{more}"


def change_words(change: Answer, names: Mapping[str, str]) -> str:
    """Return whose clocks change when, and what that does to the overlap expected in a week."""
    at = datetime.fromisoformat(change["at"]).astimezone(zone_of(change["tz"]))
    hours = (change["offset_after"] - change["offset_before"]) / 3600
    direction = "forward" if hours > 0 else "back"
    ids = change["members"]
    named = ", ".join(names[id_] for id_ in ids[:_MOST_NAMES])
    more = f" and {len(ids) - _MOST_NAMES} more" if len(ids) > _MOST_NAMES else ""
    text = f"{at:%Y-%m-%d}: clocks go {direction} {abs(hours):g} h in {_city(change['tz'])} ({named}{more})"
    before, after = change["overlap_before"], change["overlap_after"]
    if not before and not after:
        return text
    shown = [length_words(seconds) for seconds in (before, after)]
    if shown[0] == shown[1]:
        return f"{text}; the overlap expected in a week stays at {shown[0]}"
    verb = "rises" if after > before else "falls"
    return f"{text}; the overlap expected in a week {verb} from {shown[0]} to {shown[1]}"


def pair_words(pair: Answer, names: Mapping[str, str]) -> str:
    """Return what a clock change does to the overlap that a pair can expect in a week."""
    before, after = (length_words(pair[key]) for key in ("overlap_before", "overlap_after"))
    return f"{' and '.join(names[id_] for id_ in pair['members'])}: {before} to {after} a week"


def standing_meeting_words(meeting: Answer) -> str:
    """Return when a standing meeting is, and how often it moves for how many."""
    moved = {id_ for move in meeting["moves"] for id_ in move["moved"]}
    often = (
        f"moves {counted(len(meeting['moves']), 'time')} for {counted(len(moved), 'member')}"
        if moved
        else "never moves"
    )
    when = f"{meeting['weekday']} {meeting['time']} {safe(meeting['tz'])}, {meeting['minutes']} minutes"
    return f"{when}: {often} in {counted(meeting['times'], 'week')}"


def slot_days(starts: Sequence[datetime]) -> list[str]:
    """Return the days of slots: with the weekday within a few weeks, else with the month."""
    is_long = bool(starts) and max(starts) - min(starts) > _FEW_WEEKS
    return [f"{start:%d %b}" if is_long else f"{start:%a %d}" for start in starts]


def member_clock(member: Answer, start: datetime) -> str:
    """Return the clock of a member of a slot that begins at *start*, with +1 or -1 on another day."""
    local = datetime.fromisoformat(member["local_time"])
    days = (local.date() - start.date()).days
    return f"{time_of_day(local)}{f'{days:+}' if days else ''}"


def _minutes(interval: Answer) -> tuple[datetime, datetime]:
    """Return the edges to the minute, so that the length shown is what lies between the times shown."""
    start, end = (
        datetime.fromisoformat(interval[key]) + timedelta(seconds=30) for key in ("start_time", "end_time")
    )
    return start.replace(second=0, microsecond=0), end.replace(second=0, microsecond=0)


def _city(zone_name: str) -> str:
    return safe(zone_name).rpartition("/")[2].replace("_", " ")
