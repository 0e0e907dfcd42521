"""The rules beyond the schema as one table: warnings about what came in, refusals of what would go out.

Which sentence says what is wrong stands in `alerts.cap.sentences`, by the rule's code.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import NamedTuple

from alerts.cap import rules_area, rules_info, rules_message, rules_outgoing
from alerts.cap.message import CapMessage
from alerts.cap.sentences import Values, said

WARNINGS_PER_CODE = 10  # a hostile message has a million oddities


@dataclass(frozen=True, slots=True)
class CapWarning:
    """One broken rule: a stable code, and what its sentence has places for. `and_more`: this is the last one told."""

    code: str
    values: Values
    and_more: bool = False

    @property
    def text(self) -> str:
        """The sentence in English."""
        return said(self.code, self.values, and_more=self.and_more)


class Rule(NamedTuple):
    """`check` yields once per breach what the sentence has places for."""

    code: str
    check: Callable[[CapMessage], Iterator[Values]]


# Broken by real messages that must be read all the same: a warning coming in, a refusal going out.
RULES = (
    Rule("mandatory-empty", rules_message.mandatory_empty),
    Rule("identifier-characters", rules_message.identifier_characters),
    Rule("sender-characters", rules_message.sender_characters),
    Rule("restriction-without-scope", rules_message.restriction_without_scope),
    Rule("restriction-missing", rules_message.restriction_missing),
    Rule("addresses-without-scope", rules_message.addresses_without_scope),
    Rule("addresses-missing", rules_message.addresses_missing),
    Rule("references-missing", rules_message.references_missing),
    Rule("reference-unreadable", rules_message.reference_unreadable),
    Rule("reference-characters", rules_message.reference_characters),
    Rule("reference-to-itself", rules_message.reference_to_itself),
    Rule("reference-later", rules_message.reference_later),
    Rule("info-missing", rules_message.info_missing),
    Rule("language-tag", rules_info.language_tag),
    Rule("expires-missing", rules_info.expires_missing),
    Rule("expires-before-effective", rules_info.expires_before_effective),
    Rule("expires-before-onset", rules_info.expires_before_onset),
    Rule("html-in-text", rules_info.html_in_text),
    Rule("web-not-absolute", rules_info.web_not_absolute),
    Rule("resource-uri-space", rules_info.resource_uri_space),
    Rule("resource-size-range", rules_info.resource_size_range),
    Rule("area-missing", rules_info.area_missing),
    Rule("area-only-described", rules_area.only_described),
    Rule("area-unreadable", rules_area.unreadable),
    Rule("polygon-points", rules_area.polygon_points),
    Rule("polygon-open", rules_area.polygon_open),
    Rule("polygon-range", rules_area.polygon_range),
    Rule("polygon-self-intersecting", rules_area.polygon_self_intersecting),
    Rule("polygon-too-detailed", rules_area.polygon_too_detailed),
    Rule("circle-range", rules_area.circle_range),
    Rule("circle-radius", rules_area.circle_radius),
    Rule("ceiling-without-altitude", rules_area.ceiling_without_altitude),
    Rule("height-not-finite", rules_area.height_not_finite),
)

# What others may do and we do not.
OUTGOING_ONLY = (
    Rule("language-repeated", rules_outgoing.language_repeated),
    Rule("characters-not-xml", rules_outgoing.characters_not_xml),
)

# Without these the other rules cannot even compare, so that they come first and alone.
TIME_FORM = (
    Rule("time-without-offset", rules_outgoing.time_without_offset),
    Rule("time-offset-range", rules_outgoing.time_offset_range),
    Rule("time-range", rules_outgoing.time_range),
    Rule("time-fraction", rules_outgoing.time_fraction),
)


def warnings(message: CapMessage) -> list[CapWarning]:
    """What is odd about a message that came in."""
    return _broken(RULES, message)


def breaches(message: CapMessage) -> list[CapWarning]:
    """What forbids sending `message`; the schema is asked apart."""
    return _broken(TIME_FORM, message) or _broken((*RULES, *OUTGOING_ONLY), message)


def limited(code: str, breaches: Iterator[Values]) -> list[CapWarning]:
    """One warning for each of the first `WARNINGS_PER_CODE`; the last of them says when there are more."""
    found = [CapWarning(code, values) for values in islice(breaches, WARNINGS_PER_CODE)]
    if next(breaches, None) is not None:
        found[-1] = replace(found[-1], and_more=True)
    return found


def _broken(rules: Iterable[Rule], message: CapMessage) -> list[CapWarning]:
    return [warning for rule in rules for warning in limited(rule.code, rule.check(message))]
