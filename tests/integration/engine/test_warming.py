"""What is made before a worker's processes are forked, so that no first message waits for it."""

import pytest
from celery.signals import worker_init
from django.template import Engine
from django.template.loaders.filesystem import Loader
from django.urls import clear_url_caches
from django.urls.resolvers import URLResolver

from agencies.models import Role
from alerts.acts.drafting import VariantText, create_bulletin
from alerts.acts.publishing import publish_bulletin
from alerts.engine.rendering import edition
from govnotify import celery
from govnotify.warming import warm_up
from tests.engine import work_through
from tests.integration.staff.cast import a_person, a_topic, an_agency, listeners

pytestmark = pytest.mark.django_db(transaction=True)


def test_the_first_message_reads_no_template_and_makes_no_table_of_addresses(inbox, monkeypatch):
    agency = an_agency()
    topic = a_topic(agency, "floods", "Floods")
    listeners([topic], people=1)
    editor = a_person(agency, Role.PUBLISHER)
    text = VariantText(language="en", title="River", body="The river rises.")
    bulletin = create_bulletin(agency=agency, topics=[topic], variants=[text], author=editor)
    publish_bulletin(bulletin=bulletin, publisher=editor)
    as_in_a_new_process()
    warm_up()

    def refuse(*_: object) -> None:
        raise AssertionError("made for the first message")

    monkeypatch.setattr(Loader, "get_contents", refuse)
    monkeypatch.setattr(URLResolver, "_populate", refuse)
    work_through()
    assert inbox.to("citizen0@example.org").message["Subject"] == "River"


def test_every_worker_does_so_when_it_starts():
    assert celery._warm_up in {reference() for _, reference in worker_init.receivers}


def as_in_a_new_process() -> None:
    clear_url_caches()
    edition.cache_clear()
    for loader in Engine.get_default().template_loaders:
        loader.reset()
