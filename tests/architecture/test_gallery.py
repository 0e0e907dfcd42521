"""No route without a picture: each is looked at by `make screenshots`, or is said to have no page, and why."""

from tests.browser.gallery.routes import NO_PAGE, SHOTS, names

WITHOUT = {name for group in NO_PAGE.values() for name in group}


def test_every_route_has_a_picture_or_no_page() -> None:
    pictured = {shot.route for shot in SHOTS}
    assert set(names()) - pictured - WITHOUT == set(), (
        "these routes need a Shot in tests/browser/gallery, or a line in NO_PAGE of its routes.py"
    )
    assert (pictured | WITHOUT) - set(names()) == set(), "these routes are gone"
    assert pictured & WITHOUT == set()


def test_no_two_pictures_have_the_same_name() -> None:
    assert len({shot.name for shot in SHOTS}) == len(SHOTS)
