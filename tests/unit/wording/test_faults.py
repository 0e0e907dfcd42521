"""Each fault that a catalog can have is found, and nothing is held against one that has none."""

import pytest
from babel.messages import Catalog

from govnotify.wording.catalogs import update
from govnotify.wording.faults import faults, header_faults

TOPICS = ("%(number)s topic", "%(number)s topics")


def a_catalog(language: str = "ro", **translations: str) -> Catalog:
    """Of messages as the keywords say; underscores stand for spaces."""
    catalog = Catalog(locale=language, fuzzy=False)
    for source, text in translations.items():
        catalog.add(source.replace("_", " "), text)
    return catalog


def of_plurals(language: str, *forms: str) -> Catalog:
    catalog = Catalog(locale=language, fuzzy=False)
    catalog.add(TOPICS, forms)
    return catalog


def of_counts(*forms: str) -> Catalog:
    catalog = Catalog(locale="ro", fuzzy=False)
    catalog.add(("%d topic", "%d topics"), forms)
    return catalog


def test_a_whole_catalog_has_no_fault() -> None:
    romanian = a_catalog(Subscribe="Abonare")
    romanian.add(TOPICS, ("un subiect", "%(number)s subiecte", "%(number)s de subiecte"))
    romanian.add(", ", ", ")
    romanian.add("Leave <a href='%(url)s'>here</a>", "Renunțați <a href='%(url)s'>aici</a>")
    assert faults(romanian, romanian) == []


@pytest.mark.parametrize(
    ("catalog", "wanted", "said"),
    [
        (a_catalog(), a_catalog(Subscribe=""), "not in the catalog"),
        (a_catalog(Subscribe=""), a_catalog(Subscribe=""), "without a translation"),
        (of_plurals("ro", "un subiect", "%(number)s subiecte", ""), of_plurals("ro"), "without a translation"),
        (a_catalog(Subscribe="Abonare", Leave="Renunțați"), a_catalog(Subscribe=""), "no longer asked for"),
        (a_catalog(Subscribe="Subscribe"), a_catalog(Subscribe=""), "same as its source"),
        (of_plurals("es", "un tema", "%(number)s topics"), of_plurals("es"), "same as its source"),
        (a_catalog(**{"To %(name)s": "Pentru %(nume)s"}), a_catalog(**{"To %(name)s": ""}), "other placeholders"),
        (a_catalog(**{"<b>Now</b>": "<i>Acum</i>"}), a_catalog(**{"<b>Now</b>": ""}), "other placeholders or tags"),
        (a_catalog(**{"{name} left": "a plecat"}), a_catalog(**{"{name} left": ""}), "other placeholders"),
        (of_plurals("ro", "un subiect", "%(number)s subiecte"), of_plurals("ro"), "2 plural forms instead of 3"),
        # "One" also stands for 21 in Ukrainian, and for 0 in French: there it has to say the number.
        (of_plurals("uk", "тема", "%(number)s теми", "%(number)s тем"), of_plurals("uk"), "plural form 0"),
        (of_plurals("fr", "un sujet", "%(number)s sujets"), of_plurals("fr"), "plural form 0"),
        (of_plurals("es", "un tema", "%(count)s temas"), of_plurals("es"), "plural form 1"),
        # "%d" is not "%(number)d": "un subiect" % 1 fails, as nothing takes the number.
        (of_counts("un subiect", "%d subiecte", "%d de subiecte"), of_counts(), "plural form 0"),
    ],
)
def test_a_fault_is_found(catalog: Catalog, wanted: Catalog, said: str) -> None:
    found = faults(catalog, wanted)
    assert found
    assert all(said in one for one in found), found


def test_a_word_may_be_the_same_where_the_list_has_it() -> None:
    catalog = a_catalog(Contact="Contact")
    assert faults(catalog, catalog)
    assert faults(catalog, catalog, {"Contact"}) == []


def test_a_guess_is_no_translation() -> None:
    catalog = Catalog(locale="ro", fuzzy=False)
    catalog.add("Subscribe", "Abonare", flags=["fuzzy"])
    assert any("guessed" in one for one in faults(catalog, a_catalog(Subscribe="")))


def test_an_update_drops_what_is_gone_and_takes_up_what_is_new_without_a_guess() -> None:
    catalog = a_catalog(Subscribe="Abonare", Subscribe_now="Abonați-vă acum")
    update(catalog, a_catalog(Subscribe="", Subscribe_today=""))
    assert {message.id: message.string for message in catalog if message.id} == {
        "Subscribe": "Abonare",
        "Subscribe today": "",
    }


def test_a_message_that_gets_a_plural_is_to_be_translated_anew() -> None:
    catalog = a_catalog("ro", **{"%(number)s topic": "%(number)s subiect"})
    update(catalog, of_plurals("ro", "", "", ""))
    assert [one for one in faults(catalog, of_plurals("ro")) if "without a translation" not in one] == []
    assert faults(catalog, of_plurals("ro"))


def test_a_header_names_nobody_and_has_the_plurals_of_the_language() -> None:
    assert {fault.partition(":")[0] for fault in header_faults(Catalog(locale="ro"))} == {
        "Report-Msgid-Bugs-To", "PO-Revision-Date", "Last-Translator", "Language-Team",
    }  # fmt: skip
    # Babel's own rule for Arabic has the last two forms the other way round: 11 would get the words for 100.
    assert any("CLDR" in fault for fault in header_faults(Catalog(locale="ar")))
