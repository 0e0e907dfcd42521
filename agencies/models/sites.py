"""Web sites by their origin (RFC 6454): scheme, host and port, as browsers name them."""

import re
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _
from django.utils.translation import ngettext

MOST_SITES = 20
SITE_LENGTH = 255
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")
_ODD = re.compile(r"[\s\\\x00-\x1f\x7f]")
_DEFAULT_PORTS = {"https": 443, "http": 80}


def https_origin(text: str) -> str:
    """The origin of an agency's site as a browser would name it: "https://www.example.org", or with a port.

    A path is cut off. Raises ValidationError for what is no site on the public web, over https.
    """
    origin = origin_of(text if "://" in text else f"https://{text}")
    scheme, _sep, rest = origin.partition("://")
    host = rest.partition(":")[0]
    labels = host.split(".")
    is_name = len(labels) > 1 and not labels[-1].isdigit() and all(map(_LABEL.fullmatch, labels))
    if scheme != "https" or not is_name or len(origin) > SITE_LENGTH:
        raise _no_site(text)
    return origin


def origin_of(address: str) -> str:
    """The origin of a web address, also of one that a stranger sent; "" where it has none."""
    try:
        parts = urlsplit(address.strip())
        host, port = (parts.hostname or "").rstrip(".").encode("idna").decode().lower(), parts.port
    except ValueError:  # UnicodeError is one
        return ""
    # Parsers differ on white space and backslashes; no address that is typed or copied has any.
    if parts.scheme not in _DEFAULT_PORTS or not host or "@" in parts.netloc or _ODD.search(address.strip()):
        return ""
    return f"{parts.scheme}://{host}" + (f":{port}" if port not in {None, _DEFAULT_PORTS[parts.scheme]} else "")


def check_sites(sites: list[str]) -> None:
    """Raise ValidationError unless all of them are origins over https, and not too many."""
    if len(sites) > MOST_SITES:
        said = ngettext("List at most %(most)d site.", "List at most %(most)d sites.", MOST_SITES)
        raise ValidationError(said, params={"most": MOST_SITES})
    for site in sites:
        if https_origin(site) != site:
            raise _no_site(site)


def _no_site(text: str) -> ValidationError:
    said = _("“%(site)s” is no site: write it like https://www.example.org.")
    return ValidationError(said, params={"site": text[:80]})
