"""What each picture is taken as: name-size-theme-language.png."""

from typing import Literal

from tests.browser.visit import DESKTOP, PHONE

SIZES = {"phone": PHONE, "desktop": DESKTOP}
THEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
LANGUAGES = ("en", "ar")
