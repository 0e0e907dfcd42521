"""What is published, corrected, withdrawn or renamed is on the pages at once, however long these may be kept."""

import pytest

from agencies.audit import Actor
from agencies.models import Agency, Role
from agencies.timekeeping import set_zone
from alerts.acts.alerting import approve_alert, content_hash
from alerts.acts.content import VariantText
from alerts.acts.correcting import create_correction
from alerts.acts.publishing import publish_bulletin
from alerts.acts.withdrawing import withdraw_bulletin
from alerts.models import TopicEntry
from govnotify.lib.database import query
from subscriptions.models import Topic
from tests.integration.page_cache.web import Web, fails, until
from tests.integration.staff.cast import a_draft, a_person, an_alert
from tests.integration.subscriptions.cast import Town, a_bulletin

END_LISTENERS = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%%'
"""


def test_a_published_bulletin_is_on_its_topic_s_page(town: Town, web: Web) -> None:
    draft = a_draft(town.floods, title="Dam inspected")
    assert "Dam inspected" not in web.get("/topics/floods/")
    publish_bulletin(bulletin=draft, publisher=a_person(town.water, Role.PUBLISHER))
    until(lambda: "Dam inspected" in web.get("/topics/floods/"))
    assert "Dam inspected" in web.get(draft.get_absolute_url())


def test_an_emergency_stands_on_top_of_home(town: Town, web: Web) -> None:
    operator = a_person(town.water, Role.OPERATOR, name="Olga")
    alert = an_alert(town.floods, operator)
    assert "Flash flood" not in web.get("/")
    approver = a_person(town.water, Role.APPROVER, name="Arif")
    approve_alert(alert=alert, approver=approver, seen_hash=content_hash(alert))
    until(lambda: "Flash flood" in web.get("/"))
    assert "Flash flood" in web.get("/alerts/")


def test_what_was_corrected_says_so(town: Town, web: Web) -> None:
    first, editor = a_bulletin(town.floods), a_person(town.water, Role.PUBLISHER)
    path = first.get_absolute_url()
    before = web.get(path)
    better = create_correction(first=first, variants=[VariantText("en", "River falling", body="It is.")], author=editor)
    publish_bulletin(bulletin=better, publisher=editor)
    until(lambda: better.get_absolute_url() in web.get(path))
    assert web.get(path, if_none_match=before["etag"]).status == 200


def test_what_was_withdrawn_is_gone(town: Town, web: Web) -> None:
    bulletin, editor = a_bulletin(town.floods), a_person(town.water, Role.PUBLISHER)
    path = bulletin.get_absolute_url()
    assert "Brook" in web.get(path)
    withdraw_bulletin(bulletin=bulletin, by=editor, reason="It was about another river.")
    until(lambda: web.get(path).status == 410)
    assert "River level rising" not in web.get(path)
    assert "River level rising" not in web.get("/topics/floods/feed.atom")


def test_a_topic_that_becomes_internal_and_a_new_name_are_seen(town: Town, web: Web) -> None:
    assert web.get("/topics/floods/").status == 200
    Topic.objects.filter(pk=town.floods.pk).update(is_public=False)
    until(lambda: web.get("/topics/floods/").status == 404)
    Agency.objects.filter(pk=town.water.pk).update(name="Ministry of Rivers")
    until(lambda: "Ministry of Rivers" in web.get("/agencies/water/"))


def test_an_agencys_new_time_zone_is_seen(town: Town, web: Web) -> None:
    draft = a_draft(town.floods)
    publish_bulletin(bulletin=draft, publisher=a_person(town.water, Role.PUBLISHER))
    until(lambda: web.get(draft.get_absolute_url()).status == 200)
    assert "+0545" not in web.get(draft.get_absolute_url())
    set_zone(agency=town.water, zone="Asia/Kathmandu", actor=Actor.of(None))
    until(lambda: "+0545" in web.get(draft.get_absolute_url()))


def test_drafts_and_counts_of_followers_drop_nothing(town: Town, web: Web) -> None:
    edition = web.cache.store.edition
    editor = a_person(town.water, Role.PUBLISHER)
    a_draft(town.floods)
    TopicEntry.objects.update(followers=20)
    publish_bulletin(bulletin=a_draft(town.drought), publisher=editor)  # told after anything that came before
    until(lambda: web.cache.store.edition > edition)
    assert web.cache.store.edition == edition + 1


def test_an_answer_from_before_the_change_is_not_kept(town: Town, web: Web) -> None:
    def meanwhile() -> None:
        web.before = lambda: None
        a_bulletin(town.floods, texts={"en": "News\nThe bridge is open."})
        until(lambda: web.cache.store.edition > edition)

    edition, web.before = web.cache.store.edition, meanwhile
    assert "News" not in web.get("/topics/floods/")
    assert "News" in web.get("/topics/floods/")


def test_what_time_alone_changes_stands_no_longer_than_the_headers_say(web: Web) -> None:
    assert web.get("/").headers["cache-control"].startswith("public, max-age=10,")
    assert web.get("/").headers["age"] == "0"
    web.now += 9.5
    assert web.get("/").headers["age"] == "9"
    web.now += 1
    web.get("/")
    assert web.asked == ["/", "/"]


@pytest.mark.parametrize("setting", ["", "session"])
def test_who_does_not_hear_keeps_for_a_second(town: Town, settings, setting: str) -> None:
    """Nothing listens there: port 9 is the one that throws away, and nobody has it."""
    settings.DATABASE_SESSION_URL = "postgresql://nobody@127.0.0.1:9/none"
    web = Web()
    try:
        web.get("/")
        web.now += 0.9
        web.get("/")
        web.now += 0.2
        web.get("/")
        assert web.asked == ["/", "/"]
        if setting:
            settings.DATABASE_SESSION_URL = ""
            until(web.cache.changes.are_heard)
    finally:
        web.end()


def test_pages_stand_when_the_database_goes_away_with_all_who_listen(web: Web, settings) -> None:
    before = web.get("/")
    settings.DATABASE_SESSION_URL = "postgresql://nobody@127.0.0.1:9/none"
    query(END_LISTENERS, {})
    until(lambda: not web.cache.changes.are_heard())
    web.django = fails
    web.now += 60
    assert web.get("/").text == before.text
