"""Forms are read as UTF-8, whatever a request names: Python has codecs that are no character sets (rot13, zlib).

Django looks at the name before any of its own code that could refuse it runs, so this stands around it.
"""

from collections.abc import Callable, Iterable
from typing import Any

from django.utils.http import parse_header_parameters

Environ = dict[str, Any]
Application = Callable[[Environ, Callable[..., Any]], Iterable[bytes]]


def in_utf8(application: Application) -> Application:
    """The WSGI application, asked without any other character set than UTF-8."""

    def reading(environ: Environ, start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["CONTENT_TYPE"] = _without_charset(environ.get("CONTENT_TYPE") or "")
        return application(environ, start_response)

    return reading


def _without_charset(content_type: str) -> str:
    """Of the parameters only a boundary is needed; "" for what can't be read, which is then no form of ours."""
    if ";" not in content_type:
        return content_type
    try:
        kind, parameters = parse_header_parameters(content_type)
    except (LookupError, ValueError):
        return ""
    boundary = parameters.get("boundary", "")
    return f'{kind}; boundary="{boundary}"' if boundary and '"' not in boundary else kind
