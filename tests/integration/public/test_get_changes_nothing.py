"""GET never changes anything: every citizen's route, looked at again and again as a mail scanner does."""

import pytest
from django.apps import apps
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import get_resolver

from alerts.pages import urls as public
from subscriptions import urls as own
from tests.browser.world import a_world
from tests.integration.subscriptions import cast
from tests.integration.subscriptions.cast import Town

ONLY_POST = {
    "/me/topics/",
    "/me/suggested/",
    "/confirm/token/more/",
    "/embed/brook/subscribe/",
    "/me/stop/",
    "/me/undo/",
    "/me/language/",
    "/me/erase/",
    "/me/pause/",
    "/me/resume/",
    "/me/address/cancel/",
    "/u/reason/",
    "/me/sign-out/",
    "/push/tell/",
    "/push/state/",
    "/push/answer/",
    "/push/stop/",
    "/push/move/",
    "/push/places/",
    "/me/endpoints/1/again/",
    "/me/endpoints/1/remove/",
}


def everything() -> dict[str, list[object]]:
    """Every row of every table, but the sessions that browsers bring."""
    return {
        model._meta.label: list(model._default_manager.order_by("pk").values())
        for model in apps.get_models()
        if model is not Session and model._meta.managed
    }


@pytest.mark.django_db
def test_looking_at_every_page_many_times_changes_no_row() -> None:
    world = a_world()
    browser = cast.signed_in(world.carla)
    before = everything()
    for path in [*world.pages.values(), "/me/download/"]:
        for agent in (browser, Client()):
            for _ in range(2):
                agent.get(path)
                agent.head(path)
    assert everything() == before


@pytest.mark.parametrize("path", sorted(ONLY_POST))
def test_what_acts_refuses_get(town: Town, path: str) -> None:
    browser = cast.signed_in(cast.a_subscriber())
    assert browser.get(path).status_code == 405
    assert browser.head(path).status_code == 405


@pytest.mark.django_db
def test_the_walk_leaves_no_citizen_s_route_out() -> None:
    walked = {get_resolver().resolve(path.partition("?")[0]).url_name for path in a_world().pages.values()}
    walked |= {get_resolver().resolve(path).url_name for path in ONLY_POST | {"/me/download/", "/push/worker.js"}}
    routes = {pattern.name for pattern in [*public.urlpatterns, *own.urlpatterns]}
    assert routes - walked == set()
