"""Nobody may put our pages into a frame, but an agency's sites its sign-up form."""

from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from tests.architecture.test_routes import address, routes

OWN_FRAME = "staff/bulletins/preview/<str:token>/"  # a mail as it will look, shown to nobody but its editor
FRAMED = {"embed/<slug:slug>/", "embed/<slug:slug>/subscribe/", "embed/<slug:slug>/check-your-mail/"}
DIRECTIVES: Any = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
POLICY = {name: {str(value) for value in values} for name, values in DIRECTIVES.items()}


def test_what_may_be_framed_is_there() -> None:
    assert set(routes()) >= FRAMED


@pytest.mark.django_db
@pytest.mark.parametrize("route", sorted(set(routes()) - FRAMED - {OWN_FRAME}))
def test_every_other_page_has_the_policy_of_the_settings(route: str) -> None:
    answer = Client().get(address(route))
    directives = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))

    assert answer.headers["X-Frame-Options"] == "DENY"
    assert directives["frame-ancestors"] == "'none'"
    for name, values in POLICY.items():
        found = {value for value in directives[name].split() if not value.startswith("'nonce-")}
        assert found <= values, name
