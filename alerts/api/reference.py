"""The API's reference for people, read out of its OpenAPI schema: one description, for both."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Any

from django.utils.text import slugify
from drf_spectacular.generators import SchemaGenerator

Schema = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Field:
    name: str
    kind: str
    required: bool
    text: str


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address. `answer` is that of its good end."""

    method: str
    path: str
    summary: str
    parameters: tuple[Field, ...]
    request: tuple[Field, ...]
    content_types: tuple[str, ...]
    status: str
    answer: tuple[Field, ...]

    @property
    def anchor(self) -> str:
        return slugify(f"{self.method} {self.path.replace('/', ' ')}")


@cache
def operations() -> tuple[Operation, ...]:
    """Every operation of the API, in the order of the addresses; made once per process."""
    schema: Schema = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    schemas = schema["components"]["schemas"]
    return tuple(
        _operation(path, method, described, schemas)
        for path, methods in schema["paths"].items()
        if path.startswith("/api/v1/")
        for method, described in methods.items()
    )


def _operation(path: str, method: str, described: Schema, schemas: Schema) -> Operation:
    status, answer = next(iter(described["responses"].items()))
    bodies = described.get("requestBody", {}).get("content", {})
    json_body = bodies.get("application/json", {}).get("schema", {})
    json_answer = answer.get("content", {}).get("application/json", {}).get("schema", {})
    return Operation(
        method=method.upper(),
        path=path,
        summary=described.get("summary", ""),
        parameters=tuple(map(_parameter, described.get("parameters", []))),
        request=tuple(_fields(json_body, schemas)),
        content_types=tuple(bodies),
        status=status,
        answer=tuple(_fields(json_answer, schemas)),
    )


def _parameter(parameter: Schema) -> Field:
    where = {"path": "in the path", "query": "query", "header": "header"}[parameter["in"]]
    kind = f"{parameter['schema'].get('type', '')}, {where}"
    return Field(parameter["name"], kind, parameter.get("required", False), parameter.get("description", ""))


def _fields(schema: Schema, schemas: Schema, place: str = "") -> Iterator[Field]:
    """The fields of an object and, named "areas[].polygons", of the objects in it."""
    schema = _resolved(schema, schemas)
    if schema.get("type") == "array":
        yield from _fields(schema["items"], schemas, f"{place}[]")
        return
    required = schema.get("required", [])
    for name, inner in schema.get("properties", {}).items():
        resolved = _resolved(inner, schemas)
        where = f"{place}.{name}".lstrip(".")
        yield Field(where, _kind(resolved, schemas), name in required, inner.get("description", ""))
        yield from _fields(resolved, schemas, where)


def _resolved(schema: Schema, schemas: Schema) -> Schema:
    for one in schema.get("allOf") or schema.get("oneOf") or []:
        if "$ref" in one:
            schema = one
            break
    if "$ref" in schema:
        return _resolved(schemas[schema["$ref"].rpartition("/")[2]], schemas)
    return schema


def _kind(schema: Schema, schemas: Schema) -> str:
    if "enum" in schema:
        return " | ".join(map(str, schema["enum"]))
    if schema.get("type") == "array":
        return f"list of {_kind(_resolved(schema['items'], schemas), schemas)}"
    return str(schema.get("format") or schema.get("type", "object"))
