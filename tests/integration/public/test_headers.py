"""What every answer tells the browser, whatever was asked for."""

import pytest
from django.test import Client

from tests.integration.subscriptions.cast import Town


@pytest.mark.parametrize(
    "path",
    ["/", "/nowhere/", "/archive/feed.atom", "/embed/water/", "/u/cut", "/staff/", "/static/govnotify/icon.svg"],
)
def test_no_page_may_ask_for_camera_microphone_or_place(town: Town, client: Client, path: str) -> None:
    answer = client.get(path)
    answer.close()  # a static one is an open file
    policy = answer["Permissions-Policy"].split(", ")
    assert {"camera=()", "microphone=()", "geolocation=()"} <= set(policy)
