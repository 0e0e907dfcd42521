"""What a picture is of: a route with what fills it, who looks, and what they did before."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from playwright.sync_api import Page

from tests.browser.gallery.world import World

Act = Callable[[Page], None]


class Who(StrEnum):
    """Who looks at a page; each has a browser of their own."""

    ANYBODY = "anybody"
    CITIZEN = "citizen"
    NEWCOMER = "newcomer"  # a member of staff without a second factor
    EDITOR = "publisher"
    OPERATOR = "operator"
    APPROVER = "approver"
    ADMINISTRATOR = "administrator"


def _nothing(world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True)
class Shot:
    """`route` is a name of the URL configuration, and `about` says what its address names."""

    name: str
    route: str
    about: Callable[[World], Mapping[str, Any]] = _nothing
    query: str = ""
    who: Who = Who.ANYBODY
    act: Act | None = None


def press(selector: str, number: int = 0) -> Act:
    """Press a button; by a selector, as its words are in the reader's language."""
    return lambda page: page.locator(selector).nth(number).click()


def filled(fields: Mapping[str, str], button: str) -> Act:
    """Fill in fields, by their names, and press a button."""

    def act(page: Page) -> None:
        for name, value in fields.items():
            page.locator(f"main [name={name}]").first.fill(value)
        page.locator(button).first.click()

    return act
