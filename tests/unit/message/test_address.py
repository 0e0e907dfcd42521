"""Addresses: what citizens type becomes what is compared and what is sent, or a sentence that helps them."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from channels.address import MAX_LOCAL_OCTETS, AddressFault, BadAddress, parse_address
from channels.message import address_header_value

LOCALS = st.text(st.one_of(st.sampled_from("abzAZ019.+_-'&="), st.characters(categories=("L", "M", "N"))), max_size=70)


def test_an_address_is_sent_to_as_typed_and_compared_without_case() -> None:
    address = parse_address(" Jo.O'Neill+News@Example.ORG ")
    assert address.typed == "Jo.O'Neill+News@Example.ORG"
    assert address.envelope == "Jo.O'Neill+News@example.org"
    assert address.key == "jo.o'neill+news@example.org"
    assert not address.smtputf8


def test_a_domain_in_any_script_is_compared_and_sent_as_a_labels() -> None:
    domains = ["BÜCHER.example", "bu\u0308cher.example", "xn--bcher-kva.EXAMPLE", "bücher。example"]
    assert {parse_address(f"Info@{domain}").key for domain in domains} == {"info@xn--bcher-kva.example"}
    assert parse_address("info@BÜCHER.example").envelope == "info@xn--bcher-kva.example"


def test_a_local_part_in_any_script_needs_smtputf8_and_keeps_its_spelling() -> None:
    address = parse_address("Жанна.Ёлкина@пример.example")
    assert address.smtputf8
    assert address.envelope == "Жанна.Ёлкина@xn--e1afmkfd.example"
    assert address.key == "жанна.ёлкина@xn--e1afmkfd.example"


def test_composed_and_decomposed_letters_are_one_address() -> None:
    composed, decomposed = (unicodedata.normalize(form, "rené@example.org") for form in ("NFC", "NFD"))
    assert parse_address(composed).key == parse_address(decomposed).key
    assert parse_address(decomposed).envelope == decomposed


def test_a_greek_address_in_capitals_is_the_same_address() -> None:
    assert parse_address("ΝΙΚΟΣ@example.gr").key == parse_address("νικος@example.gr").key


def test_tags_and_dots_that_a_receiver_drops_are_one_mailbox_and_two_addresses() -> None:
    tagged, plain = parse_address("Carla+News+2@example.org"), parse_address("carla@EXAMPLE.org")
    assert (tagged.mailbox, plain.mailbox) == ("carla@example.org", "carla@example.org")
    assert tagged.key != plain.key
    dots = {parse_address(text).mailbox for text in ("Ca.r.la@gmail.com", "carla+x@googlemail.com")}
    assert dots == {"carla@gmail.com"}
    assert parse_address("ca.rla@example.org").mailbox == "ca.rla@example.org"
    assert parse_address("+carla@example.org").mailbox == "+carla@example.org"


def test_sharp_s_and_double_s_are_two_mailboxes() -> None:
    assert parse_address("straße@example.de").key != parse_address("strasse@example.de").key


@pytest.mark.parametrize("look_alike", ["\u212aate@example.org", "\u017fam@example.org"])
def test_a_look_alike_that_would_fold_onto_an_ascii_address_is_refused(look_alike: str) -> None:
    with pytest.raises(BadAddress) as refused:
        parse_address(look_alike)
    assert refused.value.fault is AddressFault.CHARACTER


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("", AddressFault.EMPTY),
        ("  \t", AddressFault.EMPTY),
        ("a" * 5000, AddressFault.TOO_LONG),
        ("a@" + "b" * 5000 + ".org", AddressFault.TOO_LONG),
        ("a@" + "b.c" * 84 + ".org", AddressFault.TOO_LONG),
        ("a" * 65 + "@example.org", AddressFault.LOCAL_TOO_LONG),
        ("é" * 33 + "@example.org", AddressFault.LOCAL_TOO_LONG),
        ("a@example.org\r\nBcc: b@example.org", AddressFault.LINE_BREAK),
        ("a@example.org\n", AddressFault.LINE_BREAK),
        ("a\u2028b@example.org", AddressFault.LINE_BREAK),
        ("a b@example.org", AddressFault.SPACE),
        ("a@example .org", AddressFault.SPACE),
        ("a\u3000b@example.org", AddressFault.SPACE),
        ("a\u200bb@example.org", AddressFault.INVISIBLE),
        ("\u202aa@example.org\u202c", AddressFault.INVISIBLE),
        ("a\x00@example.org", AddressFault.INVISIBLE),
        ("a\ud800@example.org", AddressFault.INVISIBLE),
        ('"a b"@example.org', AddressFault.SPACE),
        ('"a"@example.org', AddressFault.QUOTED),
        ("example.org", AddressFault.NO_AT),
        ("a@b@example.org", AddressFault.MANY_AT),
        ("a@example.org,b@example.org", AddressFault.MANY_AT),
        ("@example.org", AddressFault.NO_LOCAL),
        ("a@", AddressFault.NO_DOMAIN),
        ("😀@example.org", AddressFault.CHARACTER),
        ("a,b@example.org", AddressFault.CHARACTER),
        ("<a@example.org>", AddressFault.CHARACTER),
        ("a(b)@example.org", AddressFault.CHARACTER),
        ("a\\b@example.org", AddressFault.CHARACTER),
        ("\u0301a@example.org", AddressFault.CHARACTER),
        (".a@example.org", AddressFault.DOTS),
        ("a.@example.org", AddressFault.DOTS),
        ("a..b@example.org", AddressFault.DOTS),
        ("a@[192.0.2.1]", AddressFault.DOMAIN_LITERAL),
        ("a@example", AddressFault.DOMAIN),
        ("a@-example.org", AddressFault.DOMAIN),
        ("a@exa_mple.org", AddressFault.DOMAIN),
        ("a@example..org", AddressFault.DOMAIN),
        ("a@😀.example", AddressFault.DOMAIN),
        ("a@localhost", AddressFault.DOMAIN),
        ("a@host.local", AddressFault.DOMAIN),
        ("a@demo.test", AddressFault.DOMAIN),
        ("a@" + "b" * 64 + ".org", AddressFault.DOMAIN),
    ],
)
def test_what_is_no_address_is_refused_with_its_fault_and_a_sentence(text: str, fault: AddressFault) -> None:
    with pytest.raises(BadAddress) as refused:
        parse_address(text)
    assert refused.value.fault is fault
    assert str(refused.value)[-1] in ".…"
    assert len(str(refused.value)) < 400
    assert "{" not in str(refused.value)


def test_the_sentence_names_the_character_that_can_not_be() -> None:
    with pytest.raises(BadAddress, match="“😀”"):
        parse_address("smile😀@example.org")


def test_demos_can_send_to_the_reserved_test_domain() -> None:
    assert parse_address("citizen1@demo.test", allow_special_domains=True).envelope == "citizen1@demo.test"
    assert parse_address("citizen1@demo.example").envelope == "citizen1@demo.example"


def test_the_longest_address_is_taken() -> None:
    domain = ".".join(["b" * 63, "b" * 62, "b" * 62])
    assert len(parse_address("a" * 64 + "@" + domain).envelope) == 254


@given(local=LOCALS, domain=st.sampled_from(["example.org", "bücher.example", "пример.example"]))
def test_any_accepted_address_is_one_header_value_and_its_key_is_stable(local: str, domain: str) -> None:
    try:
        address = parse_address(f"{local}@{domain}")
    except BadAddress:
        return
    assert address.local == local
    assert address_header_value(address) == b"<" + address.envelope.encode() + b">"
    assert parse_address(address.envelope).key == address.key
    for spelling in (address.key, unicodedata.normalize("NFD", f"{local}@{domain}")):
        if len(spelling.partition("@")[0].encode()) <= MAX_LOCAL_OCTETS:
            assert parse_address(spelling).key == address.key


@given(st.text(max_size=300))
def test_no_text_makes_anything_but_an_address_or_a_sentence(text: str) -> None:
    try:
        address = parse_address(text, allow_special_domains=True)
    except BadAddress:
        return
    assert address.typed.count("@") == 1
    assert address.domain.isascii()
    assert address.typed.isprintable()
