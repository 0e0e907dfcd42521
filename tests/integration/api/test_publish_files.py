"""`manage.py publish FILE… --as E-MAIL`: with that person's rights, one line per file, each whole or not at all."""

from io import StringIO
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command

from agencies.models import Agency, Membership, Role, User
from alerts.files.publishing import publish_files
from alerts.models import Alert, Bulletin, Dispatch
from tests.integration.api.messages import cap
from tests.integration.staff.cast import a_person, a_topic, an_agency

pytestmark = pytest.mark.django_db
MARKDOWN = """---
agency: water
topics: [floods]
language: en
title: {title}
---
The **Brook** rises.
"""


@pytest.fixture
def agency() -> Agency:
    agency = an_agency()
    a_topic(agency)
    return agency


@pytest.fixture
def ana(agency: Agency) -> User:
    return a_person(agency, Role.PUBLISHER, Role.OPERATOR)


def publish(*paths: Path, who: str = "ana@water.example") -> tuple[list[str], str]:
    """The lines of answer and, where files were refused, what the command ended with."""
    out = StringIO()
    try:
        call_command("publish", *map(str, paths), "--as", who, stdout=out)
    except CommandError as error:
        return out.getvalue().splitlines(), str(error)
    return out.getvalue().splitlines(), ""


@pytest.fixture
def markdown(tmp_path: Path) -> Path:
    path = tmp_path / "river.md"
    path.write_text(MARKDOWN.format(title="River rising"))
    return path


def test_a_bulletin_is_published_by_the_person(ana: User, markdown: Path) -> None:
    lines, error = publish(markdown, who="Ana@water.example")
    assert (lines, error) == ([f"ok  {markdown}"], "")
    bulletin = Bulletin.objects.get()
    assert (bulletin.published_by, bulletin.title) == (ana, "River rising")
    assert Dispatch.objects.get().bulletin == bulletin


def test_a_cap_message_waits_for_an_approver(ana: User, tmp_path: Path) -> None:
    path = tmp_path / "storm.xml"
    path.write_bytes(cap())
    lines, error = publish(path)
    assert error == ""
    assert "drafted for all 1 of Ministry of Water" in lines[0]
    alert = Alert.objects.get()
    assert (alert.bulletin.status, alert.bulletin.created_by) == ("draft", ana)
    assert not Dispatch.objects.exists()


def test_one_refused_file_fails_the_command_and_leaves_the_others(ana: User, markdown: Path, tmp_path: Path) -> None:
    wrong = tmp_path / "wrong.md"
    wrong.write_text(MARKDOWN.format(title="Other").replace("[floods]", "[floods, nowhere]"))
    lines, error = publish(wrong, markdown, tmp_path / "missing.md")
    assert error == "2 of 3 files refused"
    assert lines[0] == f"refused  {wrong}  topics: “nowhere” is not a topic of Ministry of Water."
    assert lines[1].startswith("ok")
    assert [bulletin.title for bulletin in Bulletin.objects.all()] == ["River rising"]


def test_who_may_not_publish_leaves_nothing_behind(agency: Agency, markdown: Path) -> None:
    a_person(agency, Role.AUTHOR)
    lines, _ = publish(markdown)
    assert "role of publisher" in lines[0]
    a_person(an_agency("brook", "City of Brook"), Role.PUBLISHER, name="Bob")
    lines, _ = publish(markdown, who="bob@brook.example")
    assert "you do not work for an agency “water”" in lines[0]
    assert not Bulletin.objects.exists()


def test_an_alert_takes_one_agency_at_which_the_person_is_operator(ana: User, tmp_path: Path) -> None:
    path = tmp_path / "storm.xml"
    path.write_bytes(cap())
    city = an_agency("brook", "City of Brook")
    a_topic(city, "roads")
    Membership.objects.create(user=ana, agency=city, role=Role.OPERATOR)
    lines, _ = publish(path)
    assert "operator at brook, water" in lines[0]
    (report,) = publish_files([path], as_user=ana.email, agency="brook", topics=["roads"])
    assert report.ok
    assert [topic.slug for topic in Alert.objects.get().bulletin.ordered_topics()] == ["roads"]
    (again,) = publish_files([path], as_user=ana.email, agency="brook", topics=["roads"])
    assert "taken in before" in again.reasons[0]


def test_nobody_publishes_without_an_account(markdown: Path, ana: User) -> None:
    lines, error = publish(markdown, who="nobody@water.example")
    assert (lines, error) == ([], "no active member of staff has the e-mail address nobody@water.example")
    ana.is_active = False
    ana.save()
    assert "no active member" in publish(markdown)[1]
