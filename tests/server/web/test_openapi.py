"""The OpenAPI document: it says what the route table and the schemas say, and nothing else."""

import json
from typing import Any

import jsonschema_rs
import openapi_spec_validator
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from webtest import TestApp

from ftlserver.domain.token import FEED
from ftlserver.errors import HTTP_STATUSES, InvalidRequestError
from ftlserver.storage import Storage
from ftlserver.web import answers, openapi, schemas
from ftlserver.web.app import ANY_TOKEN, ROUTES, WAKATIME_KEY, Route, create_app
from ftlserver.web.middleware import Policy
from ftlserver.web.schemas import Schema
from tests.answers import DOCUMENT, check_answer

COMPONENTS = DOCUMENT["components"]
SCHEMAS = {name: value for name, value in vars(schemas).items() if isinstance(value, Schema)}


def operation_of(route: Route) -> Any:
    return DOCUMENT["paths"][openapi.path_of(route)][route.method.lower()]


def named(reference: str) -> Any:
    return COMPONENTS[reference.split("/")[2]][reference.split("/")[3]]


def test_the_document_is_valid() -> None:
    openapi_spec_validator.validate(json.loads(json.dumps(DOCUMENT)))


def test_the_document_has_the_routes_and_no_others() -> None:
    found = [(path, method) for path, methods in DOCUMENT["paths"].items() for method in methods]
    assert sorted(found) == sorted((openapi.path_of(route), route.method.lower()) for route in ROUTES)
    assert len({operation_of(route)["operationId"] for route in ROUTES}) == len(ROUTES)


def test_each_operation_has_the_statuses_and_codes_of_its_route_and_no_others() -> None:
    for route in ROUTES:
        answers_ = operation_of(route)["responses"]
        assert {int(status) for status in answers_} == route.statuses
        answers_ = {status: answer for status, answer in answers_.items() if status != "304"}  # which has no body
        codes = set()
        for status, answer in answers_.items():
            if int(status) != route.success:
                schema = named(answer["$ref"])["content"]["application/json"]["schema"]
                assert {HTTP_STATUSES[code] for code in schema["properties"]["error"]["enum"]} == {int(status)}
                codes |= set(schema["properties"]["error"]["enum"])
        assert codes == route.codes


def test_each_operation_has_the_scope_and_the_query_string_of_its_route() -> None:
    for route in ROUTES:
        operation = operation_of(route)
        scopes = {None: [], FEED: [], WAKATIME_KEY: [{"key": []}], ANY_TOKEN: [{"token": []}]}
        assert operation["security"] == scopes.get(route.scope, [{"token": [route.scope]}])
        names = {one["name"] for one in operation.get("parameters", []) if one["in"] == "query"}
        assert names == route.query
        assert ("requestBody" in operation) == (route.schema is not None and route.method != "GET")
        assert operation["summary"]


def test_every_code_has_a_meaning_and_every_component_a_use() -> None:
    assert set(COMPONENTS["schemas"]["Error"]["properties"]["error"]["enum"]) == HTTP_STATUSES.keys()
    text = json.dumps(DOCUMENT)
    used = {name for kind in ("schemas", "responses", "headers") for name in COMPONENTS[kind]}
    assert {name for name in used if f'/{name}"' not in text} == set()
    assert {value for value in answers.OF_OPERATION.values() if isinstance(value, str)} <= COMPONENTS[
        "schemas"
    ].keys()
    assert answers.OF_OPERATION.keys() == {openapi.operation_id(route) for route in ROUTES}


def test_every_field_is_described_and_its_examples_are_valid() -> None:
    for name, schema in SCHEMAS.items():
        validator = validator_of(schema)
        for field, rules in schema.fields.items():
            assert rules["meta"]["description"], (name, field)
            assert "type" in openapi.field_schema(rules), (name, field)
            one = jsonschema_rs.Draft202012Validator(
                {**openapi.field_schema(rules), "components": COMPONENTS}, validate_formats=True
            )
            examples = [
                *rules["meta"].get("examples", []),
                *([rules["meta"]["default"]] if "default" in rules["meta"] else []),
            ]
            assert all(one.is_valid(example) for example in examples), (name, field)
        assert validator.is_valid(openapi.example_of(schema)), name


def test_the_document_needs_no_token_and_is_the_same_each_time(sqlite_storage: Storage) -> None:
    app = TestApp(create_app(sqlite_storage, Policy(is_local=False)))
    first, second = app.get("/openapi.json"), app.get("/openapi.json/")
    assert first.body == second.body
    assert first.content_type == "application/json"
    assert first.json == json.loads(json.dumps(DOCUMENT))
    assert first.headers["Content-Security-Policy"] == "default-src 'none'; frame-ancestors 'none'"


def test_an_answer_with_an_unknown_key_or_a_wrong_type_is_noticed() -> None:
    check_answer(answers.ref("Health"), {"ok": True, "tzdata": "2026c"})
    for wrong in (
        {"ok": True, "tzdata": "2026c", "x": 1},
        {"ok": True},
        {"ok": False, "tzdata": ""},
        {"tzdata": 1},
    ):
        with pytest.raises(AssertionError):
            check_answer(answers.ref("Health"), wrong)
    error = {"ok": False, "error": "not_found", "status": 404, "message": "x"}
    check_answer(answers.ref("Error"), error)
    with pytest.raises(AssertionError):
        check_answer(answers.ref("Error"), error | {"status": 400})


# ---- Cerberus and JSON Schema


def validator_of(schema: Schema) -> Any:
    return jsonschema_rs.Draft202012Validator({**openapi.body_schema(schema), "components": COMPONENTS})


def is_accepted(schema: Schema, body: object) -> bool:
    try:
        schemas.validate(schema, body)
    except InvalidRequestError:
        return False
    return True


texts = st.sampled_from(
    [
        "",
        "a",
        "W012A3CDE",
        "a b",
        "a\n",
        "ä",
        "\x7f",
        "\x1f",
        "member",
        "day",
        "iso",
        "a" * 120,
        "a" * 121,
        "b" * 201,
    ]
) | st.text(max_size=4)
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-2, 12)
    | st.sampled_from([100, 101, 1_000, 1_001, 1_440, 1_441, 10_000, 86_401, 10**17])
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda value: not value.is_integer())
    | texts
)
lists = st.lists(scalars, max_size=3) | st.sampled_from(
    [["a"] * 20, ["*"] * 21, ["a"] * 1_000, ["a"] * 1_001, ["a" * 201], [{}] * 5_000, [{}] * 5_001]
)
values = scalars | lists | st.dictionaries(texts, scalars, max_size=2)


@st.composite
def bodies(draw: st.DrawFn) -> tuple[str, Any]:
    """Draw a schema, and a body that is valid but for some of its fields."""
    name = draw(st.sampled_from(sorted(SCHEMAS)))
    fields = SCHEMAS[name].fields
    body = openapi.example_of(SCHEMAS[name])
    for field in draw(st.lists(st.sampled_from([*fields, "x"]), max_size=3)):
        rules = fields.get(field, {})
        near = [*rules.get("allowed", []), *rules.get("meta", {}).get("examples", [])]
        if draw(st.booleans()):
            body[field] = draw(st.sampled_from(near) | values if near else values)
        else:
            body.pop(field, None)
    return name, draw(st.just(body) | values) if draw(st.integers(0, 9)) == 0 else body


VALIDATORS = {name: validator_of(schema) for name, schema in SCHEMAS.items()}


@pytest.mark.slow
@settings(max_examples=600)
@given(bodies())
def test_cerberus_accepts_a_body_exactly_when_its_json_schema_does(drawn: tuple[str, Any]) -> None:
    name, body = drawn
    assert is_accepted(SCHEMAS[name], body) == VALIDATORS[name].is_valid(body)


def test_a_whole_number_with_a_fraction_is_an_integer_in_json_schema_alone() -> None:
    """JSON Schema knows numbers by their value, a request by how they are written: 10 is a count, 10.0 is not."""
    body = {"all": True, "limit": 10.0}
    assert validator_of(schemas.SUMMARY).is_valid(body)
    assert not is_accepted(schemas.SUMMARY, body)
    assert is_accepted(schemas.SUMMARY, {"all": True, "limit": 10})
    heartbeat = {"time": 1580592780.0}
    assert validator_of(schemas.WAKATIME_HEARTBEAT).is_valid(heartbeat)
    assert is_accepted(schemas.WAKATIME_HEARTBEAT, heartbeat)
