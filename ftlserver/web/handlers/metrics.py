"""What a monitoring system reads: https://prometheus.io/docs/instrumenting/exposition_formats/."""

from collections.abc import Iterable, Iterator, Mapping

from bottle import request as http_request
from bottle import response

from ftlserver import __version__
from ftlserver.domain import instants
from ftlserver.domain.timezones import TZDATA_VERSION
from ftlserver.storage import Storage
from ftlserver.storage.totals import Totals
from ftlserver.web.metrics import LIMITS, Metrics
from ftlserver.web.requests import Request

TEXT = "text/plain; version=0.0.4; charset=utf-8"

Sample = tuple[str, Mapping[str, str], float]  # the end of the name, the labels, the value


def scrape(storage: Storage, request: Request) -> bytes:
    """Answer with the metrics of all workers."""
    request.caller.allow_users(None)
    totals = storage.totals.read()
    response.content_type = TEXT
    metrics: Metrics = http_request.environ["ftl.metrics"]
    return "".join([*_of_server(metrics), *_of_database(totals)]).encode()


def _of_server(metrics: Metrics) -> Iterator[str]:
    info = {"version": __version__, "tzdata": TZDATA_VERSION}
    yield from _family("build_info", "gauge", "The version, and that of the zone data", [("", info, 1)])
    yield from _single("workers", "gauge", "Processes", metrics.workers)
    yield from _family(
        "requests_total",
        "counter",
        "Requests that were answered",
        (("", {**_labels(route), "status": status}, count) for route, status, count in metrics.requests()),
    )
    yield from _family("request_duration_seconds", "histogram", "Until the answer began", _buckets(metrics))
    state = metrics.state()
    yield from _single("connections", "gauge", "Open connections", state.connections)
    yield from _single("threads", "gauge", "Threads that work on requests", state.threads)
    yield from _single("active_threads", "gauge", "Threads that are not asleep", state.active_threads)
    yield from _single("waiting_requests", "gauge", "Requests that wait for a thread", state.waiting_requests)
    yield from _single("refused_connections_total", "counter", "Connections beyond the limit", metrics.refused())


def _buckets(metrics: Metrics) -> Iterator[Sample]:
    for route, (at_most, seconds) in metrics.durations():
        for limit, count in zip([*map(str, LIMITS), "+Inf"], at_most, strict=True):
            yield "_bucket", {**_labels(route), "le": limit}, count
        yield "_sum", _labels(route), seconds
        yield "_count", _labels(route), at_most[-1]


def _of_database(totals: Totals) -> Iterator[str]:
    yield from _single("users", "gauge", "Users", totals.users)
    if totals.periods is not None:
        yield from _single("periods", "gauge", "Activity periods; many are an estimate", totals.periods)
    if totals.newest_end is not None:
        age = max(0, instants.now() - totals.newest_end) / instants.SECOND
        yield from _single("newest_period_age_seconds", "gauge", "Since the end of the newest period", age)


def _labels(route: tuple[str, str]) -> dict[str, str]:
    method, path = route
    return {"method": method, "route": path}


def _single(name: str, kind: str, help_: str, value: float) -> Iterator[str]:
    return _family(name, kind, help_, [("", {}, value)])


def _family(name: str, kind: str, help_: str, samples: Iterable[Sample]) -> Iterator[str]:
    """Yield the lines of a metric; the values of labels are all our own and hold nothing to escape."""
    yield f"# HELP ftlserver_{name} {help_}.\n# TYPE ftlserver_{name} {kind}\n"
    for end, labels, value in samples:
        shown = ",".join(f'{label}="{text}"' for label, text in labels.items())
        yield f"ftlserver_{name}{end}{f'{{{shown}}}' if shown else ''} {value}\n"
