"""The public body that runs the platform, and its postal address, in the language in use."""

from django.conf import settings

from govnotify.lib.translated import in_use


def operator_name() -> str:
    return in_use(settings.SERVICE_TRANSLATIONS, "operator") or settings.SERVICE_OPERATOR


def operator_address() -> str:
    return in_use(settings.SERVICE_TRANSLATIONS, "postal_address") or settings.SERVICE_POSTAL_ADDRESS
