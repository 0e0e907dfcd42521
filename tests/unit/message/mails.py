"""The mails of templates/emails/ with a context for each, rendered, styled, compiled and filled as the lanes do it."""

import datetime as dt
import re
from typing import Any

from django.template.loader import render_to_string
from django.utils import translation

from channels.markup import inline_styles, mail_theme, to_mail_html, to_safe_html, to_text
from channels.message import CompiledMessage, Hole, Marks, encode_fragment
from tests.unit.message.builders import DATE, body, compile_bulletin, compile_plain, parse, values_for

FRAME: dict[str, Any] = {
    "language": "en",
    "dir": "ltr",
    "subject": "A subject",
    "preheader": "What inboxes show beside the subject",
    "sender_name": "Ministry of <Health> & Care",
    "sender_address": "1 Main Street, Capital",
    "sender_url": "https://health.gov.example",
    "theme": mail_theme("#ffdd00"),
    "manage_url": "https://notify.example/me/",
    "privacy_url": "https://notify.example/agencies/health/privacy/",
    "accessibility_url": "https://notify.example/agencies/health/accessibility/",
}
MARKDOWN = "## When\n\nIn [October](https://health.gov.example/flu), *free*.\n\n| a | b |\n|---|---|\n| 1 | 2 |"
BODY = to_safe_html(MARKDOWN, "markdown")
CONTEXTS: dict[str, dict[str, Any]] = {
    "bulletin": {
        "title": "Flu <b>vaccination</b> & you",
        "heading": "Flu <b>vaccination</b> & you\n============================",
        "places": ["Riverside", "Old Town & Harbour"],
        "body_html": to_mail_html(BODY),
        "body_text": to_text(BODY),
        "topic_names": ["Flu", "Health & age"],
        "web_url": "https://notify.example/bulletins/1/",
        "notice": "This corrects “Flu”.",
        "languages": [{"name": "العربية", "tag": "ar", "url": "https://notify.example/bulletins/1/?language=ar"}],
    },
    "alert": {
        "exercise": False,
        "kind": "alert",
        "source": "Environment Agency",
        "hazard": "Severe flooding",
        "places": ["Riverside", "Old Town"],
        "action": "Go upstairs.\nTake <medicines>.",
        "sent_at": DATE,
        "expires_at": DATE + dt.timedelta(hours=9),
        "headline": "The river has burst its banks",
        "heading": "The river has burst its banks\n=============================",
        "body_html": to_mail_html(BODY),
        "body_text": to_text(BODY),
        "web_url": "https://notify.example/alerts/7/",
        "topic_names": ["Floods"],
        "answer_url": "https://notify.example/alerts/7/answer/",
        "emergency_number": "112",
    },
    "digest": {"frequency": "weekly", "date": DATE.date()},
    "confirm": {
        "confirm_url": "https://notify.example/confirm/abc/",
        "topics": [{"name": "Flu & cold", "agency": "Health"}],
        "valid_days": 7,
    },
    "signin": {"signin_url": "https://notify.example/me/open/abc/", "valid_minutes": 30},
    "already_subscribed": {"topics": [{"name": "Flu & cold", "agency": "Health"}]},
}
LISTS = {"bulletin", "alert", "digest"}


def render(name: str, marks: Marks, **changes: object) -> tuple[str, str, str]:
    """Subject, text and HTML, as the compiler takes them."""
    context = FRAME | CONTEXTS[name] | changes
    link = f"https://notify.example/u/{marks.mark(Hole.TOKEN)}" if name in LISTS else ""
    if name == "digest":
        context |= {"items": marks.mark(Hole.ITEMS_TEXT), "preheader": ""}
    with translation.override(str(context["language"])):
        subject = render_to_string(f"emails/{name}/subject.txt", context).strip()
        text = render_to_string(f"emails/{name}/body.txt", context | {"unsubscribe_url": link})
        if name == "digest":
            context |= {"items": marks.mark(Hole.ITEMS_HTML)}
        html = render_to_string(f"emails/{name}/body.html", context | {"unsubscribe_url": link})
    return subject, text, inline_styles(html)


def compile_mail(name: str, **changes: object) -> CompiledMessage:
    marks = Marks()
    subject, text, html = render(name, marks, **changes)
    if name in LISTS:
        return compile_bulletin(marks, subject=subject, text=text, html=html)
    return compile_plain(text, html, marks)


def mail(name: str, **changes: object) -> tuple[str, str]:
    """Text and HTML as the recipient gets them."""
    message = compile_mail(name, **changes)
    items = {
        "ITEMS_TEXT": encode_fragment(item("txt", "First")) + encode_fragment(item("txt", "Second")),
        "ITEMS_HTML": encode_fragment(item("html", "First")) + encode_fragment(item("html", "Second")),
    }
    parsed = parse(message.fill(values_for(message, **(items if name == "digest" else {}))))
    return body(parsed, "plain"), body(parsed, "html")


def item(suffix: str, title: str) -> str:
    context = {
        "title": title,
        "summary": "What & why.",
        "web_url": "https://notify.example/bulletins/2/",
        "language": "en",
        "dir": "ltr",
        "theme": mail_theme("#00703c"),
    }
    return render_to_string(f"emails/digest/item.{suffix}", context)


def words(html: str) -> str:
    """What a person sees of a page."""
    text = re.sub(r"<(style|title)>.*?</\1>|<!--.*?-->|<[^>]+>", " ", html, flags=re.DOTALL)
    return " ".join(text.replace("&amp;", "&").replace("&lt;", "<").replace("&gt;", ">").replace("&nbsp;", " ").split())
