"""The form field for an e-mail address: every fault has a sentence that says what to do."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from channels.address import AddressFault, BadAddress, parse_address

SENTENCES = {
    AddressFault.EMPTY: _("Enter your e-mail address, like name@example.org."),
    AddressFault.TOO_LONG: _("The e-mail address is too long: at most 254 characters can be delivered to."),
    AddressFault.LOCAL_TOO_LONG: _("The part before the @ is too long: it can have at most 64 characters."),
    AddressFault.LINE_BREAK: _("Enter one e-mail address without line breaks."),
    AddressFault.SPACE: _("An e-mail address can't have spaces in it. Remove the space."),
    AddressFault.INVISIBLE: _("The e-mail address has an invisible character in it. Type it instead of pasting it."),
    AddressFault.QUOTED: _("Enter the e-mail address alone, without quotation marks, like name@example.org."),
    AddressFault.NO_AT: _("An e-mail address needs an @ sign, like name@example.org."),
    AddressFault.MANY_AT: _("Enter one e-mail address with one @ sign, like name@example.org."),
    AddressFault.NO_LOCAL: _("Something is missing before the @, like name@example.org."),
    AddressFault.NO_DOMAIN: _("Something is missing after the @, like name@example.org."),
    AddressFault.CHARACTER: _("The part before the @ can't have “%(detail)s” in it."),
    AddressFault.DOTS: _("The part before the @ can't begin or end with a dot, or have two dots together."),
    AddressFault.DOMAIN_LITERAL: _("Enter a name after the @, like name@example.org, not a number in brackets."),
    AddressFault.DOMAIN: _("“%(detail)s” is not a name that mail can be sent to. Check the part after the @."),
}


class AddressField(forms.CharField):
    """As typed, and checked. No `<input type="email">`: browsers refuse letters that mail takes."""

    def __init__(self, **options: Any) -> None:
        widget = forms.TextInput(
            attrs={
                "inputmode": "email",
                "autocomplete": "email",
                "autocapitalize": "none",
                "spellcheck": "false",
            }
        )
        options.setdefault("label", _("Your e-mail address"))
        super().__init__(widget=widget, error_messages={"required": SENTENCES[AddressFault.EMPTY]}, **options)

    def clean(self, value: Any) -> str:
        text: str = super().clean(value)
        try:
            parse_address(text)
        except BadAddress as error:
            raise forms.ValidationError(
                SENTENCES[error.fault], code=error.fault, params={"detail": error.detail}
            ) from error
        return text
