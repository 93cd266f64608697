"""Pictures of the API's answers, in SVG: an answer in, a ``Picture`` out.

``Picture.svg()`` is a file of its own; ``Picture.embedded()`` is an element for a page whose stylesheet contains
``STYLE``. ``STYLE_HASH`` is what a content security policy names to allow the stylesheet of ``svg()``:
``style-src 'sha256-…'``. Pictures are 800 pixels wide, consist of rectangles and texts alone, have no script, no
``style`` attribute and no address, and escape every text of the answer. They show at most 50 members and say how
many they do not show.

``Heading(title, window, zone, team=None)`` is what stands above; ``Heading.of(title, answer, zone, team)`` makes
one with the window of the answer in words. *zone* is an IANA name, or None for each member's own clock; it is the
zone that is drawn, so it has to be the one that was asked for.

The functions, each with the question whose answer it draws:

* ``timeline(answer, heading, *, now=None)``: ``loguseractivity`` with ``time_format`` iso (and ``clip``), or a
  ``summary`` per day, week or month; the window decides the form.
* ``board(answer, heading, *, back=None)``: ``presence``; *back* maps ids to when members usually are active again.
* ``summary(answer, heading, *, now=None)``: ``summary``; bars per day, week or month, or of each member in total.
* ``year(answer, heading, *, now=None)``: ``summary`` per day; the first member's days as 7 by 53 cells.
* ``hours(answer, heading)``: ``hours``.
* ``overlap(answer, heading)``: ``overlap``.
* ``coverage(answer, heading)``: ``coverage``.
* ``rest(answer, heading)``: ``rest``.
* ``meeting(answer, heading)``: ``meeting``; the window of *heading* is the week.
* ``clock_changes(answer, heading)``: ``clock-changes``.
* ``badge(label, value, *, is_active=True)``: no answer.

*now* and the values of *back* are aware ``datetime`` objects. Answers have to be in the shape that docs/api.md
describes.
"""

from ftlcommon.drawing.badge import badge
from ftlcommon.drawing.board import board
from ftlcommon.drawing.clock_changes import clock_changes
from ftlcommon.drawing.coverage import coverage
from ftlcommon.drawing.hours import hours
from ftlcommon.drawing.meeting import meeting
from ftlcommon.drawing.overlap import overlap
from ftlcommon.drawing.rest import rest
from ftlcommon.drawing.sheet import Heading, Picture
from ftlcommon.drawing.summary import summary
from ftlcommon.drawing.theme import STYLE, STYLE_HASH
from ftlcommon.drawing.timeline import timeline
from ftlcommon.drawing.year import year

__all__ = [
    "STYLE",
    "STYLE_HASH",
    "Heading",
    "Picture",
    "badge",
    "board",
    "clock_changes",
    "coverage",
    "hours",
    "meeting",
    "overlap",
    "rest",
    "summary",
    "timeline",
    "year",
]
