"""What editors write, made safe for pages and fit for mail. Done once per bulletin, so safety comes before speed."""

from channels.markup.colour import BadColour, MailTheme, mail_theme
from channels.markup.mail import inline_styles, to_mail_html
from channels.markup.safe import BadMarkup, BodyFormat, to_safe_html
from channels.markup.text import beginning, shorten, to_text

__all__ = [
    "BadColour",
    "BadMarkup",
    "BodyFormat",
    "MailTheme",
    "beginning",
    "inline_styles",
    "mail_theme",
    "shorten",
    "to_mail_html",
    "to_safe_html",
    "to_text",
]
