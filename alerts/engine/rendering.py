"""A published bulletin as mail: compiled once per dispatch, language and first topic, filled per recipient.

An alert names times and a correction a day, in the recipient's zone, or in the agency's where they have chosen none:
these are compiled once more for each group of zones whose clocks agree.
What is published never changes, so what was compiled from it may be kept; nothing is decided by it.
"""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.formats import date_format
from django.utils.html import escape
from django.utils.translation import gettext

from alerts.engine.eligibility import Recipient
from alerts.lanes import Lane
from alerts.models import Alert, Bulletin, BulletinVariant, Dispatch
from channels.markup import beginning, inline_styles, mail_theme, shorten, to_mail_html, to_text
from channels.message import BulletinHeaders, CompiledMessage, Hole, Marks, compile_message, standard_headers
from govnotify.lib.languages import direction, language_name, phrases_attributes, spoken
from govnotify.lib.local_time import zone_of
from subscriptions.models import Topic

EDITIONS = 64  # dispatches whose messages are kept per process: one for each variant, first topic and clock in use
MOST_TOPICS = 40  # in an unsubscribe token; who follows more of a bulletin's topics leaves the others on the page
UNSUBSCRIBE = "/u/"  # and the token: the address of RFC 8058, kept short because it stands in every mail
MAIL_KIND = {Alert.MsgType.UPDATE.value: "update", Alert.MsgType.CANCEL.value: "cancel"}
SENDER = "govnotify"  # the last part of Feedback-ID
PREVIEW = 140  # characters that inboxes show beside the subject, at most


class Edition:
    """A dispatch's bulletin in all its languages."""

    def __init__(self, dispatch: Dispatch) -> None:
        assert dispatch.bulletin is not None  # noqa: S101  a digest has no edition
        self.dispatch = dispatch
        self.bulletin = dispatch.bulletin
        self.topics = {topic.pk: topic for topic in self.bulletin.ordered_topics()}
        self._variants: dict[str, BulletinVariant] = {}
        self._compiled: dict[tuple[int, int, str], CompiledMessage] = {}
        self._clocks: dict[str, str] = {}

    def prepare(self, recipients: Sequence[Recipient]) -> None:
        """Compile what these recipients need; after this `fill` asks nothing of the database."""
        for needed in {(recipient.language, recipient.topics[0], recipient.zone) for recipient in recipients}:
            self._for(*needed)

    def fill(self, recipient: Recipient, values: Mapping[Hole, bytes]) -> bytes:
        """The message of one recipient: in their language, of the list of their first matched topic."""
        return self._for(recipient.language, recipient.topics[0], recipient.zone).fill(values)

    def stops(self, recipient: Recipient) -> Sequence[int]:
        """What the link of one recipient's message ends."""
        return recipient.topics[:MOST_TOPICS]

    def _for(self, language: str, topic_id: int, zone: str) -> CompiledMessage:
        if language not in self._variants:
            variant = self.bulletin.variant_for(language)
            assert variant is not None  # noqa: S101  nothing is published without one
            self._variants[language] = variant
        variant = self._variants[language]
        if zone not in self._clocks:
            self._clocks[zone] = self._shown(zone)
        key = variant.pk, topic_id, self._clocks[zone]
        if key not in self._compiled:
            self._compiled[key] = compile_bulletin(self.dispatch, variant, self._topic(topic_id), zone=zone)
        return self._compiled[key]

    def _shown(self, zone: str) -> str:
        """The mail's times as the zone's clocks show them: the same for zones that need no message of their own."""
        clock = zone_of(zone or self.bulletin.agency.time_zone)
        if self.bulletin.corrects and self.bulletin.corrects.published_at:
            return self.bulletin.corrects.published_at.astimezone(clock).date().isoformat()
        if not self.bulletin.is_alert:
            return ""
        times = [at.astimezone(clock) for at in (self.bulletin.alert.sent, self.bulletin.alert.expires) if at]
        return " ".join(f"{at.isoformat()} {at.tzname()}" for at in times)

    def _topic(self, topic_id: int) -> Topic:
        """One of its topics; of an update of an alert also one of the earlier alert's, by which somebody was told."""
        if topic_id not in self.topics:
            self.topics[topic_id] = Topic.objects.get(pk=topic_id)
        return self.topics[topic_id]


@lru_cache(maxsize=EDITIONS)
def edition(dispatch_id: int) -> Edition:
    """The edition of a dispatch."""
    return Edition(Dispatch.objects.select_related("bulletin__agency", "bulletin__alert").get(pk=dispatch_id))


def compile_bulletin(dispatch: Dispatch, variant: BulletinVariant, topic: Topic, *, zone: str = "") -> CompiledMessage:
    """The variant as a message with holes for address, message id and unsubscribe token; `topic` gives the List-Id.

    Times are in `zone`, "" for the agency's.
    """
    bulletin = dispatch.bulletin
    assert bulletin is not None and bulletin.published_at is not None  # noqa: S101, PT018  it has a dispatch
    agency = bulletin.agency
    marks = Marks()
    context = _context(bulletin, variant, marks)
    with timezone.override(zone_of(zone or agency.time_zone)):
        subject, text, html = _parts(bulletin, variant, context)
    with translation.override(variant.language):
        list_name = topic.local_name
    headers = BulletinHeaders(
        from_name=context["sender_name"],
        from_address=agency.from_address,
        reply_to=agency.reply_address if agency.reply_address != agency.from_address else "",
        subject=subject,
        date=bulletin.published_at,
        message_id_domain=agency.mail_domain,
        language=variant.language,
        lane="emergency" if dispatch.lane == Lane.EMERGENCY else "routine",
        list_name=list_name,
        list_id=f"{topic.slug}.{agency.slug}.{agency.mail_domain}",
        help_url=settings.SITE_URL + topic.get_absolute_url(),
        owner_url=f"mailto:{agency.reply_address}",
        archive_url=settings.SITE_URL + bulletin.get_absolute_url(),
        unsubscribe_url=settings.SITE_URL + UNSUBSCRIBE,
        feedback_campaign=str(dispatch.pk),
        feedback_agency=agency.slug,
        feedback_sender=SENDER,
    )
    return compile_message(headers=standard_headers(headers, marks), text=text, html=html, marks=marks)


def preview(bulletin: Bulletin, variant: BulletinVariant) -> tuple[str, str]:
    """Text and HTML of the mail as it will look, for the editor; its unsubscribe link leads nowhere."""
    context = _context(bulletin, variant, Marks()) | {"unsubscribe_url": "#"}
    _, text, html = _parts(bulletin, variant, context)
    return text, html


def _parts(bulletin: Bulletin, variant: BulletinVariant, context: dict[str, Any]) -> tuple[str, str, str]:
    """Subject, text and HTML; our own phrases in them in the variant's language, where we speak it."""
    folder = _folder(bulletin)
    with translation.override(spoken(variant.language)):
        context["notice"] = _notice(bulletin, variant.language)
        context["subject"] = render_to_string(f"{folder}/subject.txt", context).strip()
        text = render_to_string(f"{folder}/body.txt", context)
        html = inline_styles(render_to_string(f"{folder}/body.html", context))
    return context["subject"], text, html


def _context(bulletin: Bulletin, variant: BulletinVariant, marks: Marks) -> dict[str, Any]:
    """What the templates show, with names in the variant's language."""
    agency = bulletin.agency
    web_url = settings.SITE_URL + bulletin.get_absolute_url()
    with translation.override(variant.language):
        names = {
            "sender_name": agency.local_name,
            "source": agency.local_name,
            "topic_names": [topic.local_name for topic in bulletin.ordered_topics()],
            "places": bulletin.area_names(),
        }
    context = names | {
        "language": variant.language,
        "dir": direction(variant.language),
        "phrases": phrases_attributes(variant.language),
        "title": variant.title,
        "heading": to_text(f"<h1>{escape(variant.title)}</h1>"),
        "preheader": preheader(variant),
        "sender_address": agency.postal_address,
        "sender_url": settings.SITE_URL + agency.get_absolute_url(),
        "theme": mail_theme(agency.colour),
        "manage_url": settings.SITE_URL + reverse("me"),
        "unsubscribe_url": settings.SITE_URL + UNSUBSCRIBE + marks.mark(Hole.TOKEN),
        "body_html": to_mail_html(variant.html),
        "body_text": to_text(variant.html),
        "web_url": web_url,
        "privacy_url": settings.SITE_URL + reverse("agency_privacy", args=[agency.slug]),
        "accessibility_url": settings.SITE_URL + reverse("agency_accessibility", args=[agency.slug]),
        "correction": bulletin.is_correction,
        "languages": [
            {
                "name": language_name(other.language),
                "tag": other.language,
                "url": f"{web_url}?lang={other.language}",
            }
            for other in bulletin.variants.exclude(pk=variant.pk).order_by("language")
        ],
    }
    return context | (_alert_context(bulletin.alert, variant) if bulletin.is_alert else {})


def headline(bulletin: Bulletin, variant: BulletinVariant) -> str:
    """The subject of its mail, for whatever else has one line for it."""
    context: dict[str, Any] = {"title": variant.title, "correction": bulletin.is_correction}
    if bulletin.is_alert:
        with translation.override(variant.language):
            context |= _alert_context(bulletin.alert, variant)
    with translation.override(spoken(variant.language)):
        return render_to_string(_folder(bulletin) + "/subject.txt", context).strip()


def preheader(variant: BulletinVariant) -> str:
    """What to do in an alert; else the summary and the beginning of the text. Never the title, which stands beside it.

    As long as the line of an inbox, which else goes on with what comes next in the mail: name and title once more.
    """
    text = beginning(variant.html, length=PREVIEW)
    said = variant.instruction or (text if text.startswith(variant.summary) else f"{variant.summary} {text}")
    return shorten(said, length=PREVIEW)


def _folder(bulletin: Bulletin) -> str:
    return "emails/alert" if bulletin.is_alert else "emails/bulletin"


def _notice(bulletin: Bulletin, language: str) -> str:
    """The sentence that stands first in a correction."""
    if bulletin.corrects is None:
        return ""
    earlier = bulletin.corrects.variant_for(language)
    assert earlier is not None and bulletin.corrects.published_at is not None  # noqa: S101, PT018  it was published
    day = timezone.localtime(bulletin.corrects.published_at)
    said = {"title": earlier.title, "date": date_format(day, "DATE_FORMAT")}
    return gettext("Correction: this replaces what we sent you on %(date)s, “%(title)s”.") % said


def _alert_context(alert: Alert, variant: BulletinVariant) -> dict[str, Any]:
    with translation.override(variant.language):
        places = alert.local_area_names
    return {
        "headline": variant.title,
        "hazard": variant.event,
        "places": places,
        "action": variant.instruction or variant.summary or variant.title,
        "sent_at": alert.sent,
        "expires_at": alert.expires,
        "kind": MAIL_KIND.get(alert.msg_type, "alert"),
        "exercise": alert.status != Alert.Status.ACTUAL,
        "answer_url": "",
    }
