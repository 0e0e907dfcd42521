"""Bytes to a CapMessage, tolerantly: the schema decides, everything beyond it is a warning."""

from dataclasses import dataclass

from lxml import etree

from alerts.cap import checks, elements, lexical, schema
from alerts.cap.checks import CapWarning
from alerts.cap.message import CapMessage
from alerts.cap.parsing import MAX_BYTES, parse
from alerts.cap.refusals import CapRefused
from alerts.cap.wording import one_line, quoted

__all__ = ["CapRefused", "Reading", "read"]


@dataclass(frozen=True, slots=True)
class Reading:
    """A message that the schema permits, and what is odd about it."""

    message: CapMessage
    warnings: tuple[CapWarning, ...]


def read(data: bytes, *, max_bytes: int = MAX_BYTES) -> Reading:
    """Read one CAP 1.2 message in any encoding that its XML declares.

    Raises CapRefused for hostile or broken XML, another version, a breach of the schema, and a time outside
    the years 1 to 9999 in UTC. Whether a message has expired or its predecessor is known is not looked at.
    """
    alert = parse(data, max_bytes=max_bytes)
    _require_cap_1_2(alert)
    if reasons := schema.violations(alert):
        raise CapRefused(reasons)
    message = elements.message_of(alert)
    return Reading(message, (*_put_right(alert), *checks.warnings(message)))


def _require_cap_1_2(root: etree._Element) -> None:
    name = etree.QName(root)
    namespace = name.namespace or ""
    if (namespace, name.localname) == (schema.NAMESPACE, "alert"):
        return
    where = f"line {root.sourceline}, element {one_line(name.localname)}"
    if name.localname == "alert" and (version := _other_version(namespace)):
        reason = f"{where}: this is CAP {version}; only CAP 1.2 is taken: ask the sender for its CAP 1.2 message"
    elif name.localname == "feed":
        reason = f"{where}: this is a feed; give one alert, by the address that its entry in the feed names"
    else:
        of = f"in the namespace {quoted(namespace)}" if namespace else "without a namespace"
        reason = f"{where}: this is {of}; a CAP 1.2 message is an alert element in {schema.NAMESPACE}"
    raise CapRefused([reason])


def _other_version(namespace: str) -> str:
    if namespace == "http://www.incident.com/cap/1.0":
        return "1.0"
    prefix = "urn:oasis:names:tc:emergency:cap:"
    return one_line(namespace.removeprefix(prefix)) if namespace.startswith(prefix) else ""


def _put_right(alert: etree._Element) -> list[CapWarning]:
    """What the message itself can no longer tell, because it was put right on the way in."""
    times = (
        {"text": quoted(word)}
        for word in elements.reference_words(alert)
        if lexical.parse_reference(word) and not lexical.is_cap_time(word.rsplit(",", 1)[1])
    )
    sizes = (
        {"line": str(size.sourceline)} for size in elements.sizes(alert) if elements.size_of(size.text or "") is None
    )
    return [*checks.limited("reference-time", times), *checks.limited("resource-size", sizes)]
