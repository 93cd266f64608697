"""Templates: compiled from the files of this package by one function, and by nothing else.

``bottle.template`` and the look-up behind it would run files of the working directory, and text that looks like a
template; both are forbidden here.
"""

from functools import cache
from importlib.resources import files
from typing import Any

from bottle import SimpleTemplate, html_escape


class Html(str):
    """Text that is HTML already, and is not escaped again."""

    __slots__ = ()


# Attributes that elements have or have not.
_COMMON = {
    "current": Html(' aria-current="page"'),
    "selected": Html(" selected"),
    "number_class": Html(' class="number"'),
    "dense": Html(' class="dense"'),
}


class _Template(SimpleTemplate):  # type: ignore[misc]  # bottle is untyped
    def prepare(self, **settings: Any) -> None:
        super().prepare(**settings)
        self._escape = escaped


def render(name: str, **values: Any) -> Html:
    """Return the HTML of the template *name*; all *values* are escaped, except those that are Html."""
    return Html(_compiled(name).render(_COMMON, **values))


def escaped(value: object) -> str:
    """Return *value* as HTML."""
    if isinstance(value, Html):
        return value
    return "" if value is None else str(html_escape(str(value)))


@cache
def _compiled(name: str) -> _Template:
    source = files(__package__).joinpath("templates", f"{name}.tpl").read_text(encoding="utf-8")
    return _Template(source)
