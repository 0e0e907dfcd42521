"""The languages and the time of pages and mails."""

from django.utils.translation import gettext_lazy as _

from govnotify.settings.access import OVER_HTTPS
from govnotify.settings.environment import BASE_DIR, env
from govnotify.settings.translations import translations

LANGUAGE_CODE = "en"
LANGUAGES = [  # of pages and mails: those that locale/ has a translation for
    ("ar", _("Arabic")),
    ("en", _("English")),
    ("es", _("Spanish")),
    ("fr", _("French")),
    ("ro", _("Romanian")),
    ("uk", _("Ukrainian")),
]
# What SERVICE_OPERATOR and SERVICE_POSTAL_ADDRESS are in other languages.
SERVICE_TRANSLATIONS = translations(
    "SERVICE_TRANSLATIONS", env.str("SERVICE_TRANSLATIONS", ""), dict(LANGUAGES), ("operator", "postal_address")
)
BULLETIN_LANGUAGES = LANGUAGES  # in which bulletins are written and people can ask to be written to
LANGUAGE_COOKIE_NAME = "language"
LANGUAGE_COOKIE_SECURE, LANGUAGE_COOKIE_HTTPONLY = OVER_HTTPS, True
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "govnotify.formats"
USE_TZ = True
# Of public pages, and of people who have chosen none: an IANA name. Rows hold moments, whatever it is.
TIME_ZONE = env.str("TIME_ZONE", "UTC")
DIGEST_HOUR = env.int("DIGEST_HOUR", 7)  # local time at which digests come to those who have chosen no other
