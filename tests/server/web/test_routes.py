"""The route table: what each route takes and what it can answer."""

import pytest

from ftlserver.errors import HTTP_STATUSES, FTLError, InvalidRequestError
from ftlserver.web.app import ROUTES, Route
from ftlserver.web.middleware import Policy


def test_every_code_has_a_status_and_an_unknown_one_is_an_internal_error() -> None:
    assert {status for route in ROUTES for status in route.statuses} <= {200, *HTTP_STATUSES.values()}
    assert InvalidRequestError("no such code", "x").status == 500
    assert FTLError("x").status == 500


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: f"{route.method} {route.path}")
def test_a_route_names_codes_that_exist_and_a_schema_if_it_takes_a_body(route: Route) -> None:
    assert route.codes <= HTTP_STATUSES.keys()
    assert (route.schema is None) == ("invalid_json" not in route.codes and "missing_argument" not in route.codes)


def test_the_routes_and_methods_are_unique() -> None:
    assert len({(route.method, route.path) for route in ROUTES}) == len(ROUTES)
    assert Policy().is_local
