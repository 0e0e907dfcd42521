"""Whether a text has the shape of a language tag (RFC 5646 section 2.1), as CAP and our own files ask."""

import re

_LANGTAG = re.compile(
    r"""
    (?: [a-z]{2,3} (?:-[a-z]{3}){0,3} | [a-z]{4} | [a-z]{5,8} )  # language, extended language
    (?: -[a-z]{4} )?                                             # script
    (?: -(?:[a-z]{2}|[0-9]{3}) )?                                # region
    (?: -(?:[a-z0-9]{5,8}|[0-9][a-z0-9]{3}) )*                   # variants
    (?: -[0-9a-wy-z](?:-[a-z0-9]{2,8})+ )*                       # extensions
    (?: -x(?:-[a-z0-9]{1,8})+ )?                                 # private use
    | x(?:-[a-z0-9]{1,8})+
    """,
    re.VERBOSE | re.IGNORECASE | re.ASCII,
)

_LONGEST = 35  # RFC 5646 section 4.4.1: what a reader must at least have room for


def is_language_tag(text: str) -> bool:
    """Whether `text` is a well-formed tag such as fr, pt-BR, zh-Hant-TW; nobody asks the registry."""
    return len(text) <= _LONGEST and _LANGTAG.fullmatch(text) is not None
