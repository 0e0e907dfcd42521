"""What every operation has in common in the OpenAPI schema: the key, and the shape of refusals."""

from typing import Any

from drf_spectacular.extensions import OpenApiAuthenticationExtension
from drf_spectacular.openapi import AutoSchema
from rest_framework import serializers


class ApiKeyScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # its metaclass has no types
    target_class = "agencies.api_keys.ApiKeyAuthentication"
    name = "apiKey"

    def get_security_definition(self, auto_schema: AutoSchema) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "bearerFormat": "gnk_…"}


class Problem(serializers.Serializer[Any]):
    """Every refusal: what is wrong with which field (`variants.0.title`), header, or the whole `request`."""

    errors = serializers.DictField(  # type: ignore[assignment]  # a field, for the metaclass takes it out
        child=serializers.ListField(child=serializers.CharField())
    )


def answers(good: dict[int, Any], *refusals: int) -> dict[int, Any]:
    """The `responses` of an operation: its good end, and how it may refuse besides 401, 403 and 429."""
    return good | dict.fromkeys((*refusals, 401, 403, 429), Problem)
