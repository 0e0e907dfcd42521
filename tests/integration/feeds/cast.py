"""One bulletin of each kind that a feed can hold, on the town's flood topic."""

from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from alerts.models import Alert, Bulletin
from tests.integration.subscriptions.cast import Town, a_bulletin, an_alert

FORMS = ("atom", "rss", "json")
PICTURES = """Levels & <limits> ]]> "now"
A [map](https://example.org/map?a=1&b=2), [mail us](mailto:desk@water.example), ![Map](https://example.org/m.png)

<script>alert(1)</script> and a [relative one](/here).

| River | Now |
| --- | --- |
| Brook | 1.9 m |
"""
SQUARE = {"description": "Lower town", "polygons": [[[44.0, 26.0], [44.0, 26.1], [44.1, 26.1], [44.0, 26.0]]]}


@dataclass(frozen=True)
class Published:
    plain: Bulletin
    languages: Bulletin
    corrected: Bulletin
    correction: Bulletin
    withdrawn: Bulletin
    alert: Alert
    update: Alert
    exercise: Alert


def one_of_each(town: Town) -> Published:
    """The oldest first, an hour between them."""
    hours = iter(range(12, 0, -1))

    def ago() -> dict[str, object]:
        return {"published_at": timezone.now() - timedelta(hours=next(hours))}

    plain = a_bulletin(town.floods, texts={"en": PICTURES}, **ago())
    plain.variants.update(summary="Less than 3 m < more & more")
    texts = {"en": "River rising\nBy **Friday**.", "ar": "ارتفاع النهر\nيوم **الجمعة**."}
    languages = a_bulletin(town.floods, town.drought, town.internal, texts=texts, **ago())
    corrected = a_bulletin(town.floods, texts={"en": "Bridge closed\nFrom Monday."}, **ago())
    correction = a_bulletin(town.floods, texts={"en": "Bridge open\nIt stays open."}, corrects=corrected, **ago())
    withdrawn = a_bulletin(
        town.floods,
        texts={"en": "Dam broken\nRun."},
        status=Bulletin.Status.WITHDRAWN,
        withdrawn_at=timezone.now() - timedelta(minutes=5),
        withdrawal_reason="It was \x01 a mistake.",
        **ago(),
    )
    sent = timezone.now().replace(microsecond=0) - timedelta(minutes=10)
    alert = an_alert(town.floods, title="Flash flood", areas=[SQUARE], sent=sent)
    update = an_alert(
        town.floods,
        title="Flash flood, second message",
        msg_type=Alert.MsgType.UPDATE,
        references=[[alert.sender, alert.identifier, alert.sent.isoformat()]],
        areas=[SQUARE],
    )
    exercise = an_alert(town.floods, title="Sirens", status=Alert.Status.EXERCISE)
    return Published(plain, languages, corrected, correction, withdrawn, alert, update, exercise)
