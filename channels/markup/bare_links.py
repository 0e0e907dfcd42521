"""A markdown-it rule: addresses that stand bare in a text (https://…) become links."""

import re

from markdown_it.rules_core import StateCore
from markdown_it.token import Token

# Only with a scheme: guessing links in "gov.example" or "Section 3.Next" is wrong too often for official texts.
_CHAR = r"[^\s<>\"“”«»|\\^`{}()]"
_LAST = r"[^\s<>\"“”«»|\\^`{}().,;:!?*_~'’\]،؛؟。，、]"  # a sentence's own punctuation stays outside
_URL = re.compile(rf"https?://(?:{_CHAR}|\({_CHAR}*\))*(?:{_LAST}|\({_CHAR}*\))", re.IGNORECASE)


def link_bare_urls(state: StateCore) -> None:
    """Split the text tokens of a parsed document at URLs, except inside links."""
    for block in state.tokens:
        if block.type != "inline" or "://" not in block.content:
            continue
        depth = 0
        children: list[Token] = []
        for token in block.children or []:
            depth += (token.type == "link_open") - (token.type == "link_close")
            children.extend(_linked(token) if token.type == "text" and not depth else [token])
        block.children = children


def _linked(token: Token) -> list[Token]:
    tokens: list[Token] = []
    end = 0
    for match in _URL.finditer(token.content):
        tokens.append(_text(token.content[end : match.start()], token.level))
        opening = Token("link_open", "a", 1, {"href": match[0]}, level=token.level)
        tokens += [opening, _text(match[0], token.level + 1), Token("link_close", "a", -1, level=token.level)]
        end = match.end()
    return [*tokens, _text(token.content[end:], token.level)]


def _text(content: str, level: int) -> Token:
    return Token("text", "", 0, content=content, level=level)
