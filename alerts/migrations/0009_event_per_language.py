"""What an alert is, in each of its languages: CAP has <event> in each <info>.

What stood beside an alert goes to all its texts; of a message from elsewhere, each language gets back its own.
"""

import re

from django.db import migrations, models
from lxml import etree

CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
RANKS = (  # CAP 1.2 section 3.2.2; the worst info of a language stands for it, as when it was taken in
    ("severity", ("Extreme", "Severe", "Moderate", "Minor", "Unknown")),
    ("urgency", ("Immediate", "Expected", "Future", "Past", "Unknown")),
    ("certainty", ("Observed", "Likely", "Possible", "Unlikely", "Unknown")),
)
UNSAFE = re.compile("[\x00-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
ALL_TEXTS = """
UPDATE alerts_bulletinvariant v SET event = a.event FROM alerts_alert a WHERE a.bulletin_id = v.bulletin_id
"""
FIRST_TEXTS = """
UPDATE alerts_alert a SET event = v.event FROM (
    SELECT DISTINCT ON (bulletin_id) bulletin_id, event FROM alerts_bulletinvariant ORDER BY bulletin_id, id
) v WHERE v.bulletin_id = a.bulletin_id
"""


def to_texts(apps, schema_editor):
    schema_editor.execute(ALL_TEXTS)
    variants = apps.get_model("alerts", "BulletinVariant").objects
    imported = apps.get_model("alerts", "Alert").objects.exclude(source_xml=b"").order_by("pk")
    for number, source in imported.values_list("pk", "source_xml").iterator(chunk_size=100):
        for language, event in events(bytes(source)).items():
            variants.filter(bulletin=number, language=language).update(event=event)


def to_alerts(apps, schema_editor):
    schema_editor.execute(FIRST_TEXTS)


def events(source):
    """The event of each language of a CAP message that had passed the schema when it was taken in."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    infos = list(etree.fromstring(source, parser).iter(f"{CAP}info"))
    found = {}
    for info in sorted(infos, key=rank):
        event = UNSAFE.sub("�", " ".join(said(info, "event").split()))
        event = event[:199] + "…" if len(event) > 199 else event
        if event:
            found.setdefault(said(info, "language").replace("_", "-") or "en-US", event)
    return found


def rank(info):
    return [values.index(said(info, name)) if said(info, name) in values else len(values) for name, values in RANKS]


def said(info, name):
    return (info.findtext(f"{CAP}{name}") or "").strip()


class Migration(migrations.Migration):
    dependencies = [("alerts", "0008_withdrawn")]

    operations = [
        migrations.AddField("bulletinvariant", "event", models.CharField(blank=True, default="", max_length=200)),
        migrations.RunPython(to_texts, to_alerts),
        migrations.AlterField("alert", "event", models.CharField(default="", max_length=200)),
        migrations.RemoveField("alert", "event"),
    ]
