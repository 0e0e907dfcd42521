"""What is wrong with a catalog: `make messages` says it to whoever translates, and a test keeps it out."""

import re
from collections import Counter
from collections.abc import Collection, Iterator
from gettext import c2py

from babel import Locale
from babel.messages import Catalog, Message

# What code or a browser takes for more than a word: %(name)s, %d, %%, {name}, a tag with its attributes.
HOLE = re.compile(r"%\([a-z_]+\)[sd]|%%|%[sd]|\{[a-z_]*\}|<[^>]+>")
# A message of these alone has no words to be translated.
WORDLESS = re.compile(rf"(?:{HOLE.pattern}|[\W\d_])*")
CATEGORIES = ("zero", "one", "two", "few", "many", "other")
# More than any rule of plurals looks at, for each of its forms to be met.
NUMBERS = range(1_100)


def faults(catalog: Catalog, wanted: Catalog, same: Collection[str] = ()) -> list[str]:
    """Each fault as a sentence; `same` are messages that are rightly the same in this language."""
    return [
        *_missing(catalog, wanted),
        *(f"no longer asked for: {_shown(message)}" for message in _gone(catalog, wanted)),
        *(fault for message in _translated(catalog) for fault in _of_one(message, catalog, same)),
    ]


def header_faults(catalog: Catalog) -> list[str]:
    """What the tool leaves for people to fill in, and nobody has; a rule of plurals that is not the language's."""
    blanks = ("EMAIL@ADDRESS", "FULL NAME", "LL@li.org", "YEAR-MO-DA")
    found = [f"{name}: {value}" for name, value in catalog.mime_headers if any(blank in value for blank in blanks)]
    form_of, category_of = c2py(catalog.plural_expr), Locale.parse(catalog.locale_identifier).plural_form
    categories = sorted({category_of(number) for number in NUMBERS}, key=CATEGORIES.index)
    if any(categories.index(category_of(number)) != form_of(number) for number in NUMBERS):
        found.append(f"plural={catalog.plural_expr}: not {', '.join(categories)} as CLDR has them, in this order")
    return found


def is_translated(message: Message) -> bool:
    """In every plural form."""
    return all(_forms(message.string))


def _missing(catalog: Catalog, wanted: Catalog) -> Iterator[str]:
    for message in wanted:
        if not message.id:
            continue
        found = catalog.get(message.id if isinstance(message.id, str) else message.id[0], message.context)
        if found is None or found.id != message.id:
            yield f"not in the catalog: {_shown(message)}"
        elif not is_translated(found):
            yield f"without a translation: {_shown(message)}"
        elif found.fuzzy:
            yield f"guessed, and looked at by nobody: {_shown(message)}"


def _gone(catalog: Catalog, wanted: Catalog) -> list[Message]:
    asked = {(message.id, message.context) for message in wanted}
    present = [message for message in catalog if (message.id, message.context) not in asked]
    return [*present, *catalog.obsolete.values()]


def _translated(catalog: Catalog) -> Iterator[Message]:
    return (message for message in catalog if message.id and is_translated(message))


def _of_one(message: Message, catalog: Catalog, same: Collection[str]) -> Iterator[str]:
    if isinstance(message.id, str):
        (text,) = _forms(message.string)
        if text == message.id and text not in same and not WORDLESS.fullmatch(text):
            yield f"the same as its source: {_shown(message)}"
        if _holes(text) != _holes(message.id):
            yield f"other placeholders or tags: {_shown(message)} → {text!r}"
        return
    forms = _forms(message.string)
    if len(forms) != catalog.num_plurals:
        yield f"{len(forms)} plural forms instead of {catalog.num_plurals}: {_shown(message)}"
        return
    if any(form == source and form not in same for form in forms for source in message.id):
        yield f"the same as its source: {_shown(message)}"
    form_of = c2py(catalog.plural_expr)
    meant = Counter(form_of(number) for number in NUMBERS)
    for index, form in enumerate(forms):
        lost, extra = _holes(message.id[1]) - _holes(form), _holes(form) - _holes(message.id[1])
        # A form that stands for one number only may say it in words, or leave it out; but not a %d, as Python refuses
        # a number that nothing takes.
        in_words = meant[index] == 1 and all(hole.startswith("%(") for hole in lost)
        if extra or lost.total() > int(in_words):
            yield f"other placeholders in plural form {index}: {_shown(message)} → {form!r}"


def _holes(text: str) -> Counter[str]:
    return Counter(HOLE.findall(text))


def _forms(string: object) -> tuple[str, ...]:
    return tuple(string) if isinstance(string, (tuple, list)) else (str(string or ""),)


def _shown(message: Message) -> str:
    where = message.locations[0][0] if message.locations else "nowhere"
    return f"{message.id!r} ({where})"
