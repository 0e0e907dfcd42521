"""docker-compose.yml as Docker would read it: merged, and with variables put in."""

import re
import shlex
from functools import cache
from typing import Any

import yaml

from tests.architecture.project import ROOT

FILE = ROOT / "docker-compose.yml"
REFERENCE = re.compile(r"\$(?:(\$)|\{(\w+)(?::([?-])([^}]*))?\})")
Service = dict[str, Any]


@cache
def document() -> dict[str, Any]:
    parsed: dict[str, Any] = yaml.safe_load(FILE.read_text())
    return parsed


def services() -> dict[str, Service]:
    found: dict[str, Service] = document()["services"]
    return found


def ours() -> dict[str, Service]:
    """The services that run this project's image."""
    return {name: service for name, service in services().items() if service["image"] == "govnotify"}


def required() -> set[str]:
    """The variables without which Docker starts nothing."""
    return {name for _, name, sign, _ in REFERENCE.findall(FILE.read_text()) if sign == "?"}


def environment(service: Service, values: dict[str, str]) -> dict[str, str]:
    """What a container of the service has in its environment; variables handed on and not set are left out."""
    found = {}
    for name, text in service["environment"].items():
        if text is not None:
            found[name] = _filled(str(text), values)
        elif name in values:
            found[name] = values[name]
    return found


def command(service: Service) -> list[str]:
    return shlex.split(_filled(service["command"], {}))


def health_command(service: Service) -> list[str]:
    """The health check as a list of words; a line for the shell becomes one for `sh -c`."""
    form, *words = [_filled(word, {}) for word in service["healthcheck"]["test"]]
    return ["sh", "-c", *words] if form == "CMD-SHELL" else words


def _filled(text: str, values: dict[str, str]) -> str:
    def put_in(reference: re.Match[str]) -> str:
        dollar, name, sign, rest = reference.groups()
        if dollar:
            return "$"
        if name in values:
            return values[name]
        assert sign == "-", f"{FILE.name} wants {name}: {rest}"
        return str(rest)

    return REFERENCE.sub(put_in, text)
