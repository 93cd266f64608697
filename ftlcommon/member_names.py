"""Whom a text names: the member with that id, name or alias, or the only one of whose it is a part."""

import difflib
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from ftlcommon.terminal import safe

Named = Mapping[str, Any]  # a member, or a team, as an answer of the API has them
_SHOWN = 5
_MOST_SIMILAR = 3
_LONGEST = 120
_LEAST_SIMILAR = 0.7
_OF_A_WORD = 0.9  # a word counts less than a whole name
_NEARLY = 0.95  # as similar as the best


def folded(text: str) -> str:
    """Return *text* as it is compared with others: without case, and with its accents composed."""
    return unicodedata.normalize("NFC", text.casefold())


def named(text: str, candidates: Iterable[Named]) -> list[Named]:
    """Return those of *candidates* whom *text* names: none, one, or several among whom only a person can choose.

    An id that is exact comes before all else, and what is exact but for its case before what is a part.
    """
    wanted = folded(text)
    found = [candidate for candidate in candidates if any(wanted in name for name in _names(candidate))]
    for is_better in (
        lambda candidate: candidate["id"] == text,
        lambda candidate: wanted in _names(candidate),
    ):
        if better := [candidate for candidate in found if is_better(candidate)]:
            return better
    return found


def is_ambiguous(text: str, found: Sequence[Named], *, are_more: bool = False) -> str:
    """Return the sentence that lists the candidates of an ambiguous *text*."""
    shown = [_described(candidate) for candidate in found[:_SHOWN]]
    more = ["others"] if are_more or len(found) > _SHOWN else []
    return f"{_short(text)} may be {' or '.join(shown + more)}; name one by its id"


def is_unknown(kind: str, text: str, everyone: Iterable[Named]) -> str:
    """Return the sentence that says that there is no such *kind*, a member or a team, and asks what was meant."""
    hint = did_you_mean(text, everyone)
    return f"no such {kind}: {_short(text)}{f'; {hint}' if hint else ''}"


def did_you_mean(text: str, everyone: Iterable[Named]) -> str:
    """Return the question whether one of those was meant whose names are most like *text*, empty without any."""
    similar = _similar(text, everyone)
    return f"did you mean {' or '.join(similar[:_MOST_SIMILAR])}?" if similar else ""


def _similar(text: str, everyone: Iterable[Named]) -> list[str]:
    """Return those of *everyone*, as shown, of whose ids and names one, or a word of one, is most like *text*."""
    matcher = difflib.SequenceMatcher(autojunk=False)
    matcher.set_seq2(folded(text))
    ratios = (matcher.real_quick_ratio, matcher.quick_ratio, matcher.ratio)  # the quickest first
    found = []
    for candidate in everyone:
        likeness = 0.0
        shown = ""
        for name in _names(candidate):
            for word in {name, *re.split(r"[\s@.]+", name)}:
                matcher.set_seq1(word)
                if all(ratio() >= _LEAST_SIMILAR for ratio in ratios):
                    ratio = matcher.ratio() * (1 if word == name else _OF_A_WORD)
                    if ratio > likeness:
                        likeness = ratio
                        is_id = name == folded(candidate["id"])
                        shown = _short(candidate["id"]) if is_id else _described(candidate)
        if shown:
            found.append((-likeness, shown))
    best = min(found, default=(0.0, ""))[0] * _NEARLY
    return [shown for likeness, shown in sorted(found) if likeness <= best]


def _names(candidate: Named) -> list[str]:
    texts = (
        candidate["id"],
        candidate.get("real_name") or candidate.get("name", ""),
        *candidate.get("aliases", ()),
    )
    return [folded(text) for text in texts]


def _described(candidate: Named) -> str:
    id_, name = (
        _short(text) for text in (candidate["id"], candidate.get("real_name") or candidate.get("name", ""))
    )
    return id_ if name in ("", id_) else f"{name} ({id_})"


def _short(text: str) -> str:
    return safe(text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")
