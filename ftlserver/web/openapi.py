"""The API in the words of OpenAPI 3.1, made from the route table, the schemas and the error codes.

https://spec.openapis.org/oas/v3.1.1.html
"""

import inspect
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ftlserver.domain.token import FEED
from ftlserver.errors import CODES, HTTP_STATUSES
from ftlserver.web import answers, responses, schemas
from ftlserver.web.answers import JsonSchema, ref
from ftlserver.web.requests import DEFAULT_PAGE, LARGEST_PAGE
from ftlserver.web.route import ANY_TOKEN, WAKATIME_KEY, Route
from ftlserver.web.schemas import MOST_HEARTBEATS, Schema

_TYPES = {"list": "array"}  # the others have the names of JSON Schema
_KEYWORDS = {"allowed": "enum", "min": "minimum", "max": "maximum"}

_DESCRIPTION = """\
Who was active when, for teams spread over time zones.

Bodies and answers are JSON objects in UTF-8, except where this document says otherwise.
Every answer contains `ok`, a boolean.
Paths work with and without a trailing slash; one that does not take a method answers 405 `method_not_allowed`.
Clients must ignore unknown keys of an answer, because later versions may add new ones; a request with an unknown
field, in its body or its query string, gets 400 `unknown_field`.
Every request can be sent again: a write that is sent twice is stored once.
The pages for browsers are no part of the API, and not in this document.
"""
_BEARER = """\
A token, which the operator makes with `ftlserver token create`.
The scope `read` permits asking questions, and listing users and teams; `write` recording and deleting activity,
but not asking; `admin` permits all of that, and changing users and teams.
A server that is open to its own machine needs no token, and one with `--public-read` none for what needs `read`.
"""
_BASIC = "A key for editor plugins, which `ftlserver token create --wakatime --user ID` makes, as the user name."
_SECURITY_SCHEMES = {
    "token": {"type": "http", "scheme": "bearer", "bearerFormat": "ftl_…", "description": _BEARER},
    "key": {"type": "http", "scheme": "basic", "description": _BASIC},
}
_REQUEST_ID = {"X-Request-Id": {"$ref": "#/components/headers/X-Request-Id"}}
_ETAG = {"ETag": {"$ref": "#/components/headers/ETag"}}
_HEADERS: dict[str, Any] = {
    "ETag": {
        "description": "stands for the answer; sent back as `If-None-Match`, it is answered with 304 and without a"
        " body as long as the answer is the same. A long answer that is streamed has none",
        "schema": {"type": "string"},
    },
    "X-Request-Id": {
        "description": "a name for this request, which the server's log has too",
        "schema": {"type": "string"},
    },
    "WWW-Authenticate": {"description": "what is needed", "required": True, "schema": {"type": "string"}},
    "Retry-After": {"description": "when to retry, in seconds", "required": True, "schema": {"type": "integer"}},
}
_HEADERS_OF = {401: "WWW-Authenticate", 429: "Retry-After", 503: "Retry-After"}

# The parts of a path, and an example of each.
_PATH = {
    "user_id": ("the id of a user", "W012A3CDE"),
    "alias": ("a further id of that user", "egon@example.org"),
    "team_id": ("the id of a team", "backend"),
    "number": ("the number of a change", "1"),
    "secret": (
        "what `ftlserver token create --scope feed` makes: it opens this view, and needs no header",
        "ftl_…",
    ),
}
_QUERY: dict[str, JsonSchema] = {
    "id": {
        "type": "array",
        "items": schemas.USER_ID_SCHEMA,
        "description": "a user by id; may be repeated. Without `id` and `team`, all users, page by page",
        "examples": [["W012A3CDE"]],
    },
    "limit": {
        "type": "integer",
        "minimum": 1,
        "maximum": LARGEST_PAGE,
        "default": DEFAULT_PAGE,
        "description": "the length of a page",
        "examples": [100],
    },
    "cursor": {"type": "string", "description": "the `response_metadata.next_cursor` of the page before"},
    "since": {
        "type": "string",
        "description": "the cursor with which an export, or the answer before, ended; without it that of now",
    },
    "query": {
        "type": "string",
        "maxLength": 200,
        "description": "only users whose id, name or alias contains this, whatever the case",
        "examples": ["egon"],
    },
}
SHOWN = ("id_list", "id", "from", "to", "tz")  # beside what is required, in the example of a request

# Operations whose bodies have more forms than their schema.
_TAKES_LINES = ("periods_record", "periods_delete")
_TAKES_LIST = ("wakatime_heartbeats",)


def document(routes: Iterable[Route]) -> dict[str, Any]:
    """Return the OpenAPI document of *routes*."""
    paths: dict[str, dict[str, Any]] = {}
    errors = _Errors()
    tags: dict[str, str] = {}
    for route in routes:
        module = sys.modules[route.handler.__module__]
        tags[_tag(route)] = (module.__doc__ or "").partition("\n")[0]
        paths.setdefault(path_of(route), {})[route.method.lower()] = _operation(route, errors)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "FTL Activity",
            # That of the API, which only grows; the program's is for those who have a token.
            "version": "1",
            "description": _DESCRIPTION,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "servers": [{"url": "/"}],
        "tags": [{"name": name, "description": description} for name, description in tags.items()],
        "paths": paths,
        "components": {
            "schemas": {**_request_schemas(), **answers.SCHEMAS},
            "responses": errors.responses,
            "headers": _HEADERS,
            "securitySchemes": _SECURITY_SCHEMES,
        },
    }


def path_of(route: Route) -> str:
    """Return the path of a route as OpenAPI writes it."""
    return re.sub(r"<(\w+)>", r"{\1}", route.path)


def operation_id(route: Route) -> str:
    """Return the name of a route: that of its handler, with its module."""
    return f"{_tag(route)}_{route.handler.__name__}"


def body_schema(schema: Schema) -> JsonSchema:
    """Return the JSON Schema that accepts the documents that *schema* does."""
    fields = schema.fields
    translated: JsonSchema = {
        "type": "object",
        "properties": {name: field_schema(rules) for name, rules in fields.items()},
    }
    if required := [name for name, rules in fields.items() if rules.get("required")]:
        translated["required"] = required
    if not schema.allow_unknown:
        translated["additionalProperties"] = False
    if schema.names_members:
        translated["oneOf"] = [{"required": [name]} for name in schemas.WAYS_TO_NAME_MEMBERS]
    return translated


def field_schema(rules: Mapping[str, Any]) -> JsonSchema:
    """Return the JSON Schema of a field; that of its ``check_with`` is in the ``meta`` of its rules."""
    translated: JsonSchema = {}
    if "type" in rules:
        type_ = _TYPES.get(rules["type"], rules["type"])
        translated["type"] = [type_, "null"] if rules.get("nullable") else type_
    translated |= {keyword: rules[rule] for rule, keyword in _KEYWORDS.items() if rule in rules}
    return {**translated, **rules["meta"]}


def example_of(schema: Schema) -> dict[str, Any]:
    """Return an example of a request."""
    examples = {name: rules["meta"].get("examples") for name, rules in schema.fields.items()}
    shown = [name for name, rules in schema.fields.items() if rules.get("required") or name in SHOWN]
    return {name: examples[name][0] for name in shown or list(examples)[:1]}


def _tag(route: Route) -> str:
    return route.handler.__module__.rpartition(".")[2]


def _request_schemas() -> dict[str, JsonSchema]:
    """Return the JSON Schemas of all requests by name."""
    return {
        _name_of(schema): body_schema(schema) for schema in vars(schemas).values() if isinstance(schema, Schema)
    }


def _name_of(schema: Schema) -> str:
    name = next(name for name, value in vars(schemas).items() if value is schema)
    return f"{name.title().replace('_', '')}Request"


def _operation(route: Route, errors: "_Errors") -> dict[str, Any]:
    summary, _, description = _public_doc(route.handler).partition("\n\n")
    operation: dict[str, Any] = {
        "operationId": operation_id(route),
        "tags": [_tag(route)],
        "summary": " ".join(summary.split()),
        "security": _security(route.scope),
        "responses": {str(route.success): _success(route), **_known(route), **errors.of(route)},
    }
    if description:
        operation["description"] = " ".join(description.split())
    if parameters := [*_path_parameters(route), *_query_parameters(route)]:
        operation["parameters"] = parameters
    if route.schema is not None and route.method != "GET":
        operation["requestBody"] = {"required": True, "content": _bodies(route, route.schema)}
    return operation


def _public_doc(handler: Callable[..., Any]) -> str:
    """Return the docstring of a handler, which is what the document says of it."""
    return (inspect.getdoc(handler) or "").replace("``", "`")


def _security(scope: str | None) -> list[dict[str, list[str]]]:
    if scope in (None, FEED):  # the path of a feed has it
        return []
    if scope == WAKATIME_KEY:
        return [{"key": []}]
    return [{"token": [] if scope == ANY_TOKEN else [scope]}]


def _path_parameters(route: Route) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _PATH[name][0],
            "schema": {"type": "string"},
            "example": _PATH[name][1],
        }
        for name in re.findall(r"<(\w+)>", route.path)
    ]


def _query_parameters(route: Route) -> list[dict[str, Any]]:
    found = []
    for name in sorted(route.query):
        shown = dict(_QUERY[name] if name in _QUERY else field_schema(_fields(route)[name]))
        description = shown.pop("description").replace("`id_list`", "`id`")
        parameter = {"name": name, "in": "query", "description": description, "schema": shown}
        if operation_id(route) in _TAKES_LINES:
            parameter["description"] += "; only with `application/x-ndjson`"
        found.append(parameter)
    return found


def _fields(route: Route) -> Mapping[str, Any]:
    return {} if route.schema is None else route.schema.fields


def _bodies(route: Route, schema: Schema) -> dict[str, Any]:
    shape: JsonSchema = ref(_name_of(schema))
    example: Any = example_of(schema)
    if operation_id(route) in _TAKES_LIST:
        shape = {
            "type": "array",
            "description": "what is not a heartbeat gets an error of its own",
            "items": {"anyOf": [shape, {}]},
            "maxItems": MOST_HEARTBEATS,
        }
        example = [example]
    bodies: dict[str, Any] = {responses.JSON: {"schema": shape, "example": example}}
    if operation_id(route) in _TAKES_LINES:
        lines = "a line of JSON for each of the `periods`"
        bodies[responses.NDJSON] = {"schema": {"description": lines, "contentMediaType": responses.NDJSON}}
    return bodies


def _success(route: Route) -> dict[str, Any]:
    answer = answers.OF_OPERATION[operation_id(route)]
    if isinstance(answer, str):
        description = answers.SCHEMAS[answer].get("description", "what was asked for, or done")
        media_type, shape = responses.JSON, ref(answer)
    else:
        media_type, description = answer
        shape = {"type": "object" if media_type == responses.JSON else "string"}
    return {
        "description": description,
        "headers": _REQUEST_ID | (_ETAG if route.revalidated else {}),
        "content": {media_type.partition(";")[0]: {"schema": shape}},
    }


def _known(route: Route) -> dict[str, Any]:
    """Return the answer to a program that has the answer already."""
    description = "the header `If-None-Match` has the `ETag` of the answer"
    return {"304": {"description": description, "headers": _REQUEST_ID | _ETAG}} if route.revalidated else {}


class _Errors:
    """The errors of the routes, as responses that routes share: one for each status and the codes that it has."""

    def __init__(self) -> None:
        self.responses: dict[str, Any] = {}
        self._names: dict[Sequence[str], str] = {}

    def of(self, route: Route) -> dict[str, Any]:
        """Return references to the errors that a route answers, by status."""
        found: dict[int, list[str]] = {}
        for code in HTTP_STATUSES:
            if code in route.codes:
                found.setdefault(HTTP_STATUSES[code], []).append(code)
        return {
            str(status): {"$ref": f"#/components/responses/{self._name(status, tuple(codes))}"}
            for status, codes in found.items()
        }

    def _name(self, status: int, codes: tuple[str, ...]) -> str:
        if codes not in self._names:
            same = sum(name.startswith(f"{status}-") for name in self.responses)
            name = self._names[codes] = f"{status}-{same + 1}"
            headers = {
                name: {"$ref": f"#/components/headers/{name}"} for name in (_HEADERS_OF.get(status),) if name
            }
            self.responses[name] = {
                "description": "\n".join(f"* `{code}`: {CODES[status][code]}" for code in codes),
                "headers": _REQUEST_ID | headers,
                "content": {
                    responses.JSON: {"schema": {**ref("Error"), "properties": {"error": {"enum": list(codes)}}}}
                },
            }
        return self._names[codes]
