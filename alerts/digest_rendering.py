"""A digest as mail: the frame compiled once per language, each bulletin's item encoded once, joined per recipient."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import translation

from alerts.claims import Claim, Recipient
from alerts.models import Bulletin, DigestItem, Dispatch
from channels.markup import inline_styles, mail_theme, to_text
from channels.message import (
    BulletinHeaders,
    CompiledMessage,
    Hole,
    Marks,
    compile_message,
    encode_fragment,
    standard_headers,
)
from govnotify.lib.languages import direction
from subscriptions.models import Topic

SUMMARY = 240  # characters of a bulletin's text, where its editor wrote no summary


class DigestEdition:
    """One digest run, as the recipients of one claim get it."""

    def __init__(self, dispatch: Dispatch, claim: Claim) -> None:
        self.dispatch = dispatch
        self._items: dict[int, list[tuple[int, int]]] = defaultdict(list)  # recipient: (bulletin, first topic)
        recipients = [recipient.id for recipient in claim.recipients]
        items = DigestItem.objects.filter(
            month=dispatch.month, dispatch_id=dispatch.pk, recipient_id__in=recipients
        ).order_by("bulletin_id")
        for item in items:
            self._items[item.recipient_id].append((item.bulletin_id, item.topics[0]))
        wanted = {bulletin for items_of in self._items.values() for bulletin, _ in items_of}
        self._bulletins = Bulletin.objects.select_related("agency").prefetch_related("variants").in_bulk(wanted)
        self._topics = Topic.objects.in_bulk({topic for items_of in self._items.values() for _, topic in items_of})
        self.frame = cache(self._frame)
        self.item = cache(self._item)

    def prepare(self, recipients: Sequence[Recipient]) -> None:
        """Compile what these recipients need; after this `fill` asks nothing of the database."""
        for recipient in recipients:
            self.frame(recipient.language)
            for item in self._items[recipient.id]:
                self.item(recipient.language, *item)

    def fill(self, recipient: Recipient, values: Mapping[Hole, bytes]) -> bytes:
        """The digest of one recipient."""
        items = [self.item(recipient.language, *item) for item in self._items[recipient.id]]
        blocks = {
            Hole.ITEMS_TEXT: b"".join(text for text, _ in items),
            Hole.ITEMS_HTML: b"".join(html for _, html in items),
        }
        return self.frame(recipient.language).fill({**values, **blocks})

    def _frame(self, language: str) -> CompiledMessage:
        marks = Marks()
        unsubscribe_url = f"{settings.SITE_URL}/u/"
        context = {
            "language": language,
            "dir": direction(language),
            "frequency": self.dispatch.period,
            "date": self.dispatch.cut_off.date(),
            "preheader": "",
            "sender_name": settings.SERVICE_NAME,
            "sender_address": settings.SERVICE_POSTAL_ADDRESS,
            "sender_url": settings.SITE_URL,
            "theme": mail_theme(settings.SERVICE_COLOUR),
            "manage_url": settings.SITE_URL + reverse("me"),
            "unsubscribe_url": unsubscribe_url + marks.mark(Hole.TOKEN),
        }
        with translation.override(language):
            subject = render_to_string("emails/digest/subject.txt", context).strip()
            context |= {"subject": subject, "preheader": subject}
            text = render_to_string("emails/digest/body.txt", context | {"items": marks.mark(Hole.ITEMS_TEXT)})
            html = render_to_string("emails/digest/body.html", context | {"items": marks.mark(Hole.ITEMS_HTML)})
        domain = settings.SERVICE_ADDRESS.rpartition("@")[2]
        headers = BulletinHeaders(
            from_name=settings.SERVICE_NAME,
            from_address=settings.DIGEST_ADDRESS,
            subject=subject,
            date=self.dispatch.cut_off,
            message_id_domain=domain,
            language=language,
            lane="digest",
            list_name=f"{settings.SERVICE_NAME} {self.dispatch.period}",
            list_id=f"digest-{self.dispatch.period}.{domain}",
            help_url=settings.SITE_URL + reverse("me"),
            owner_url=f"mailto:{settings.SERVICE_ADDRESS}",
            archive_url=settings.SITE_URL + reverse("archive"),
            unsubscribe_url=unsubscribe_url,
            feedback_campaign=str(self.dispatch.pk),
            feedback_agency="platform",
            feedback_sender="govnotify",
        )
        return compile_message(
            headers=standard_headers(headers, marks), text=text, html=inline_styles(html), marks=marks
        )

    def _item(self, language: str, bulletin_id: int, topic_id: int) -> tuple[bytes, bytes]:
        """The bulletin as it stands in a digest: text and HTML, encoded for their holes."""
        bulletin = self._bulletins[bulletin_id]
        variant = bulletin.variant_for(language)
        assert variant is not None  # noqa: S101  nothing is published without one
        context = {
            "title": variant.title,
            "summary": variant.summary or _beginning(to_text(variant.html)),
            "web_url": settings.SITE_URL + bulletin.get_absolute_url(),
            "topic_name": self._topics[topic_id].name,
            "sender_name": bulletin.agency.name,
            "language": variant.language,
            "dir": direction(variant.language),
            "theme": mail_theme(bulletin.agency.colour),
        }
        text = render_to_string("emails/digest/item.txt", context).strip("\n") + "\n\n"
        return encode_fragment(text), encode_fragment(render_to_string("emails/digest/item.html", context) + "\n")


def _beginning(text: str) -> str:
    """The first words of a text, cut at a word."""
    words = " ".join(text.split())
    return words if len(words) <= SUMMARY else words[:SUMMARY].rsplit(" ", 1)[0] + " …"
