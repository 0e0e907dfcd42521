"""API keys: shown once, stored hashed, refused when unknown, expired or revoked."""

from datetime import timedelta

import pytest
from django.utils import timezone
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request
from rest_framework.test import APIRequestFactory

from agencies.api_keys import ApiKeyAuthentication, create_api_key
from agencies.models import ApiKey, AuditEntry
from agencies.models.api_key import Scope
from tests.integration.staff.cast import an_agency

pytestmark = pytest.mark.django_db


def a_key() -> tuple[ApiKey, str]:
    return create_api_key(agency=an_agency(), name="newsroom", scopes=[Scope.BULLETINS], created_by=None)


def signed_in(header: str) -> ApiKey | None:
    request = Request(APIRequestFactory().get("/", HTTP_AUTHORIZATION=header))
    found = ApiKeyAuthentication().authenticate(request)
    return found[1] if found else None


def test_a_key_lets_its_holder_in_and_notes_when():
    key, text = a_key()
    assert signed_in(f"Bearer {text}") == key
    assert ApiKey.objects.get().last_used_at is not None


def test_the_text_of_a_key_is_stored_nowhere():
    key, text = a_key()
    secret = text.rpartition("_")[2]
    assert secret not in str(ApiKey.objects.values().get())
    assert secret not in str(AuditEntry.objects.values().get(verb="api-key.created"))
    assert text.startswith(f"gnk_{key.prefix}_")


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[:-1],
        lambda text: text + "x",
        lambda text: text.replace("gnk_", "gnk_0"),
        lambda text: "gnk_",
        lambda text: "é" * 5_000,
        lambda text: f"{text} {text}",
    ],
)
def test_anything_but_the_whole_key_is_refused(spoil):
    _, text = a_key()
    with pytest.raises(AuthenticationFailed):
        signed_in(f"Bearer {spoil(text)}")


@pytest.mark.parametrize("change", [{"expires_at": timezone.now() - timedelta(days=1)}, {"revoked_at": timezone.now()}])
def test_an_expired_or_revoked_key_is_refused(change):
    _, text = a_key()
    ApiKey.objects.update(**change)
    with pytest.raises(AuthenticationFailed, match="expired or revoked"):
        signed_in(f"Bearer {text}")


def test_another_kind_of_authorization_is_left_to_others():
    assert signed_in("Basic YTpi") is None
