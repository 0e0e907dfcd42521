"""From an agency's system through the API to the mailboxes: real bulletins, and every mail of them read back."""

import re
from collections import Counter, defaultdict
from collections.abc import Sequence

import pytest

from agencies.models import Agency
from alerts.models import Bulletin, Delivery
from subscriptions.models import Subscriber
from tests.engine import work_through
from tests.inbox import Inbox, Mail
from tests.integration.api.requests import Machine
from tests.integration.staff.cast import a_key
from tests.journeys import audience, body_rules
from tests.journeys.items import FOLDER, Item, real_items
from tests.journeys.mail_rules import Expected, Read, check
from tests.journeys.own_items import own_items
from tests.journeys.words import words_of

pytestmark = pytest.mark.django_db(transaction=True)
SITE = "https://news.gov.example"
REAL = real_items()
SOURCES = [
    pytest.param(
        REAL,
        id="real",
        marks=pytest.mark.skipif(not REAL, reason=f"SKIPPED: no real bulletins in {FOLDER}; only our own are sent"),
    ),
    pytest.param(own_items(), id="own"),
]


@pytest.mark.parametrize("items", SOURCES)
def test_bulletins_reach_those_who_follow_their_topics_by_all_the_rules(
    items: list[Item], inbox: Inbox, settings
) -> None:
    """Each of 200 people follows some topics: an item reaches 20 to 30 of them, and everybody gets something."""
    settings.SITE_URL = SITE
    agencies = {agency.slug: agency for agency in audience.cast(items)}
    follows = audience.settle(items)
    bulletins = publish(items, agencies)
    work_through()

    mails = by_bulletin(inbox.mails)
    for item in items:
        wanted = {address for address, slugs in follows.items() if slugs & set(item.topics)}
        assert Counter(mail.recipient for mail in mails[bulletins[item.name].pk]) == Counter(wanted), item.name
    assert len(inbox.mails) == sum(map(len, mails.values()))
    assert set(inbox.recipients()) == set(follows)
    assert {len(topics) for topics in Delivery.objects.values_list("topics", flat=True)} == {1, 2}

    reader = Reader(agencies, follows)
    for item in items:
        reader.read(item, bulletins[item.name], mails[bulletins[item.name].pk])
    assert len(reader.tokens) == len(reader.message_ids) == len(inbox.mails)


def publish(items: Sequence[Item], agencies: dict[str, Agency]) -> dict[str, Bulletin]:
    """Through the API, each by its agency's own key; bulletins by the items' names."""
    machines = {slug: Machine(a_key(agency)) for slug, agency in agencies.items()}
    made = {}
    for item in items:
        answer = machines[item.agency_slug].post("bulletins", item.request)
        assert answer.status_code == 201, f"{item.name}: {answer.content!r}"
        assert answer.json()["topics"] == list(item.topics)
        made[item.name] = Bulletin.objects.get(pk=answer.json()["id"])
    return made


def by_bulletin(mails: Sequence[Mail]) -> dict[int, list[Mail]]:
    """The mails by the bulletin whose page their List-Archive names."""
    found = defaultdict(list)
    for mail in mails:
        page = re.search(rb"\r\nList-Archive: <[^>]*/bulletins/(\d+)/>", mail.content)
        assert page is not None
        found[int(page[1])].append(mail)
    return found


class Reader:
    """Reads every mail: the rules on each, and what it says once for all copies that say the same."""

    def __init__(self, agencies: dict[str, Agency], follows: audience.Follows) -> None:
        self.agencies = agencies
        self.follows = follows
        self.people = {person.email: person.pk for person in Subscriber.objects.all()}
        self.people |= {sent: self.people[typed] for typed, sent in audience.ODD_ADDRESSES.values()}
        self.tokens: set[str] = set()
        self.message_ids: set[str] = set()

    def read(self, item: Item, bulletin: Bulletin, mails: Sequence[Mail]) -> None:
        dispatch, topics = bulletin.dispatches.get(), bulletin.ordered_topics()
        different: dict[bytes, tuple[Mail, Read]] = {}
        for mail in mails:
            expected = Expected(
                site=SITE,
                agency=self.agencies[item.agency_slug],
                topics=[topic for topic in topics if topic.slug in self.follows[mail.recipient]],
                subscriber_id=self.people[mail.recipient],
                recipient=mail.recipient,
                dispatch_id=dispatch.pk,
                bulletin_id=bulletin.pk,
                subject=item.title,
                language=item.language,
            )
            read = check(mail, expected)
            self.tokens.add(read.token)
            self.message_ids.add(read.message_id)
            different.setdefault(read.body, (mail, read))
        ((mail, read),) = different.values()
        self.read_body(item, bulletin, mail, read)

    def read_body(self, item: Item, bulletin: Bulletin, mail: Mail, read: Read) -> None:
        text, html = body_rules.check_parts(mail)
        body_rules.check_text(text, tags=("<lower town>",))
        body_rules.check_html(html, item.language)
        body_rules.check_words(text, html, [*item.title.split(), *words_of(item.body)], item.language)
        body_rules.check_links(text, html, f"{SITE}/u/{read.token}", f"{SITE}/me/", f"{SITE}/bulletins/{bulletin.pk}/")
        assert "never seen" not in text + html
