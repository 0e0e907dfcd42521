"""Our own schema decides every document as the OASIS one does, which is not ours to copy."""

import random

import pytest
from lxml import etree

from alerts.cap import schema
from tests.unit.cap.builders import FLOOD_XML
from tests.unit.cap.mutations import DAMAGES, mutated, prepared
from tests.unit.cap.samples import FOLDER, needs_samples, samples

pytestmark = needs_samples
MUTATIONS = 4_000


@pytest.fixture(scope="module")
def oasis() -> etree.XMLSchema:
    return etree.XMLSchema(etree.parse(str(FOLDER / "CAP-v1.2.xsd")))


def test_both_decide_alike_over_every_sample(oasis: etree.XMLSchema) -> None:
    verdicts = {}
    for path in samples("valid", "invalid", "other-version", "signature"):
        root = etree.fromstring(path.read_bytes(), etree.XMLParser(resolve_entities=False, no_network=True))
        verdicts[path.name] = (not schema.violations(root), oasis.validate(root))
    assert len(verdicts) == 17 + 3 + 4 + 9 - 1  # wmo-sc-valid.xml is in two folders
    assert [name for name, (ours, theirs) in verdicts.items() if ours is not theirs] == []


@pytest.mark.parametrize("part", range(4))
def test_both_decide_alike_over_thousands_of_damaged_messages(part: int, oasis: etree.XMLSchema) -> None:
    chance = random.Random(20100701 + part)  # noqa: S311 -- seeded, so that a failure comes back
    roots = [prepared(path.read_bytes()) for path in samples("valid", "signature")] + [prepared(FLOOD_XML.encode())]
    accepted = 0
    for number in range(MUTATIONS // 4):
        damaged = mutated(chance.choice(roots), chance)
        theirs = oasis.validate(damaged)
        accepted += theirs
        assert (not schema.violations(damaged)) is theirs, f"{number}: {etree.tostring(damaged)!r} {oasis.error_log}"
    assert 100 < accepted < 900  # damage that always or never shows would compare nothing


@pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)
def test_both_decide_alike_whatever_single_element_is_damaged(damage: object, oasis: etree.XMLSchema) -> None:
    assert callable(damage)
    chance = random.Random(1)  # noqa: S311 -- seeded
    original = prepared(FLOOD_XML.encode())
    for place in range(len(list(original.iter()))):
        for _ in range(3):
            copy = prepared(etree.tostring(original))
            damage(list(copy.iter())[place], chance)
            assert (not schema.violations(copy)) is oasis.validate(copy), etree.tostring(copy)
