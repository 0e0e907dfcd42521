"""CAP messages for the import, built where a test wants a certain one."""

INFO = """<info><language>{language}</language><category>Met</category><event>{event}</event>
<urgency>{urgency}</urgency><severity>{severity}</severity><certainty>Likely</certainty>{expires}
<headline>{headline}</headline><description>{description}</description>
<instruction>{instruction}</instruction>{areas}</info>"""


def cap(
    *infos: str,
    identifier: str = "SE-1",
    status: str = "Actual",
    msg_type: str = "Alert",
    references: str = "",
    note: str = "",
    expires: str = "2099-01-01T00:00:00+01:00",
) -> bytes:
    """A CAP 1.2 message; without `infos` one in English that stands until `expires`."""
    parts = infos or (info(expires=expires),)
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<alert xmlns="urn:oasis:names:tc:emergency:cap:1.2"><identifier>{identifier}</identifier>
<sender>warn@smhi.example</sender><sent>2026-01-31T18:30:00+01:00</sent><status>{status}</status>
<msgType>{msg_type}</msgType><scope>Public</scope>{_element("note", note)}
{_element("references", references)}{"".join(parts)}</alert>""".encode()


def info(
    *,
    language: str = "en",
    event: str = "Storm",
    urgency: str = "Expected",
    severity: str = "Severe",
    headline: str = "Storm on the coast",
    description: str = "Gusts of 35 m/s.",
    instruction: str = "Stay inside.",
    areas: str = "<area><areaDesc>Coast</areaDesc></area>",
    expires: str = "2099-01-01T00:00:00+01:00",
) -> str:
    """One info element."""
    return INFO.format(
        language=language,
        event=event,
        urgency=urgency,
        severity=severity,
        headline=headline,
        description=description,
        instruction=instruction,
        areas=areas,
        expires=_element("expires", expires),
    )


def area(name: str, polygon: str = "") -> str:
    """One area element."""
    return f"<area><areaDesc>{name}</areaDesc>{_element('polygon', polygon)}</area>"


def _element(name: str, text: str) -> str:
    return f"<{name}>{text}</{name}>" if text else ""
