"""The small part of YAML that a front matter needs: keys with texts or lists of texts, and where each stands.

Values stay the text that was typed: `no` is the Norwegian language, not false; `2026` a title, not a number.
Anchors, aliases and tags are refused: nobody needs them in a front matter, and bombs are built of them.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import yaml

MAX_CHARACTERS = 16_384
_MAX_DEPTH = 3  # the mapping, a list in it; one more to say what is wrong with it
_FIRST_LINE = 2  # of the file: the first has the opening ---


class NotPlain(Exception):  # noqa: N818 -- a finding about a file
    """The text is not the YAML that we take; the message names line and way out."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One key with its value. `line` counts from 1 in the whole file; `is_list` tells [x] from x."""

    key: str
    line: int
    texts: tuple[str, ...]
    is_list: bool


def read_mapping(text: str) -> list[Entry]:
    """The entries of one YAML mapping, in their order, repeated keys too. Raises NotPlain."""
    if len(text) > MAX_CHARACTERS:
        raise NotPlain(f"the front matter has {len(text):,} characters, at most {MAX_CHARACTERS:,}: shorten it")
    try:
        _refuse_machinery(text)
        root = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        raise NotPlain(
            f"the front matter holds the unprintable character U+{error.character:04X}: remove it"
        ) from error
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f"line {mark.line + _FIRST_LINE}: " if mark else ""
        problem = error.problem or error.context or "it is no YAML"
        raise NotPlain(f"{where}{problem}: write key: value, and quote a value that holds a colon") from error
    if not isinstance(root, yaml.MappingNode):
        raise NotPlain(f"line {_FIRST_LINE}: the front matter holds no keys: write key: value")
    return [_entry(key, value) for key, value in root.value]


def _refuse_machinery(text: str) -> None:
    """Looks at the events, before anything is built: their parser keeps a stack and never recurses."""
    depth = 0
    for event in yaml.parse(text, Loader=yaml.SafeLoader):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        line = (event.start_mark.line if event.start_mark else 0) + _FIRST_LINE
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
            raise NotPlain(f"line {line}: anchors (&) and aliases (*) are not taken: write the value out, in quotes")
        if isinstance(event, yaml.NodeEvent) and getattr(event, "tag", None):
            raise NotPlain(f"line {line}: tags (!) are not taken: write the value without, or in quotes")
        if depth > _MAX_DEPTH:
            raise NotPlain(f"line {line}: nested too deep: a value is a text or a list of texts")


def _entry(key: yaml.Node, value: yaml.Node) -> Entry:
    line = key.start_mark.line + _FIRST_LINE
    if not isinstance(key, yaml.ScalarNode):
        raise NotPlain(f"line {line}: a key is a plain word: write key: value")
    if isinstance(value, yaml.SequenceNode):
        return Entry(key.value, line, tuple(_texts(value, line)), is_list=True)
    return Entry(key.value, line, (_text(value, line),), is_list=False)


def _texts(value: yaml.SequenceNode, line: int) -> Iterator[str]:
    for item in value.value:
        yield _text(item, line)


def _text(value: yaml.Node, line: int) -> str:
    if not isinstance(value, yaml.ScalarNode):
        raise NotPlain(f"line {line}: nested too deep: a value is a text or a list of texts")
    return str(value.value)
