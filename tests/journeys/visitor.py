"""A citizen with a browser that has no script: opens pages, fills in their forms, presses their buttons."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

from django.test import Client


@dataclass
class Form:
    action: str = ""
    method: str = "get"
    fields: list[tuple[str, str]] = field(default_factory=list)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)  # by their words: name and value


class _Forms(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.forms: list[Form] = []
        self._open: Form | None = None
        self._select = ""
        self._button: tuple[str, str] | None = None
        self._words = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "form":
            self._open = Form(given.get("action", ""), given.get("method", "get").lower())
            self.forms.append(self._open)
        elif self._open is None:
            return
        elif tag == "select":
            self._select = given["name"]
        elif tag == "option" and "selected" in given:
            self._open.fields.append((self._select, given["value"]))
        elif tag == "input" and (given.get("type") not in {"checkbox", "radio"} or "checked" in given):
            self._open.fields.append((given.get("name", ""), given.get("value", "")))
        elif tag == "button":
            self._button, self._words = (given.get("name", ""), given.get("value", "")), ""

    def handle_data(self, data: str) -> None:
        if self._button is not None:
            self._words += data

    def handle_endtag(self, tag: str) -> None:
        if tag == "button" and self._button is not None and self._open is not None:
            self._open.buttons[" ".join(self._words.split())] = self._button
            self._button = None
        elif tag == "form":
            self._open = None


class Visitor:
    """`page` is the HTML of where they are; redirects are followed, cross-site forgery is checked."""

    def __init__(self) -> None:
        self._client = Client(enforce_csrf_checks=True)
        self.path = "/"
        self.page = ""

    def open(self, address: str, *, status: int = 200) -> str:
        """An address of this site, with or without its host."""
        parts = urlsplit(address)
        self._arrive(
            self._client.get(f"{parts.path}?{parts.query}" if parts.query else parts.path, follow=True), status
        )
        return self.page

    def press(self, button: str, *, status: int = 200, **typed: str) -> str:
        """Fill in what is typed, leave the rest of the button's form as it came, and press."""
        (form,) = [form for form in _Forms(self.page).forms if button in form.buttons]
        assert form.method == "post"
        data: dict[str, list[str]] = {}
        for name, value in [*form.fields, form.buttons[button]]:
            if name:
                data.setdefault(name, []).append(value)
        data |= {name: [value] for name, value in typed.items()}
        target = urljoin(self.path, form.action) if form.action else self.path
        self._arrive(self._client.post(target, data, follow=True), status)
        return self.page

    def _arrive(self, response: object, status: int) -> None:
        assert response.status_code == status, response.content  # type: ignore[attr-defined]  # Django's test response
        self.path = response.request["PATH_INFO"]  # type: ignore[attr-defined]
        self.page = response.getvalue().decode()  # type: ignore[attr-defined]
