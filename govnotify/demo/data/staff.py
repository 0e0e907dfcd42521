"""The people who work at the agencies, and the key by which one agency's systems publish."""

import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp

from agencies.api_keys import create_api_key
from agencies.models import Agency, ApiKey, Membership, Role, User
from agencies.models.api_key import Scope
from alerts.staff.access import WITH_SECOND_FACTOR as NEEDS_SECOND_FACTOR
from govnotify.demo.codes import SUFFIX
from govnotify.demo.state import Secrets

API_KEY = "API key of the government"  # its name among the secrets
DOMAIN = "staff.tarnmark.example"


@dataclass(frozen=True, slots=True)
class Person:
    """A member of staff. `at` names agencies by slug; empty: all of them."""

    name: str
    login: str
    roles: tuple[Role, ...]
    at: tuple[str, ...]
    may: str  # in words, for who wants to try it
    runs_platform: bool = False

    @property
    def email(self) -> str:
        return f"{self.login}@{DOMAIN}"


PEOPLE = (
    Person("Mara Ellin", "author", (Role.AUTHOR,), ("aldermouth",), "writes for the City of Aldermouth"),
    Person(
        "Jon Harrow",
        "publisher",
        (Role.AUTHOR, Role.PUBLISHER),
        ("government", "aldermouth"),
        "writes and publishes for the government and the city",
    ),
    Person(
        "Sorin Vale",
        "operator",
        (Role.OPERATOR, Role.AUTHOR, Role.PUBLISHER),
        ("civil-protection",),
        "starts emergency alerts at Civil Protection",
    ),
    Person("Ida Brack", "approver", (Role.APPROVER,), ("civil-protection",), "approves them: the second person"),
    Person("Noor Tamm", "administrator", (Role.ADMINISTRATOR,), (), "runs the platform", runs_platform=True),
)


def make_staff(agencies: Mapping[str, Agency]) -> None:
    """The accounts, without passwords."""
    for person in PEOPLE:
        user = User.objects.create_user(person.email, name=person.name, is_platform_admin=person.runs_platform)
        Membership.objects.bulk_create(
            Membership(user=user, agency=agencies[slug], role=role)
            for slug in person.at or agencies
            for role in person.roles
        )


def staff(login: str) -> User:
    return User.objects.get(email=f"{login}@{DOMAIN}")


def set_passwords(secrets: Secrets) -> None:
    """Give each account the password that this state folder made for it.

    What was stored is kept beside the password: checking one takes as long as it should, half a second for each.
    """
    for person in PEOPLE:
        password = secrets.get(person.email, lambda: random.token_urlsafe(12))
        user = staff(person.login)
        if secrets.find(f"{person.email} stored") != user.password:
            user.set_password(password)
            user.save(update_fields=["password"])
            secrets.put(f"{person.email} stored", user.password)


def set_second_factors(secrets: Secrets) -> None:
    """Give each account whose roles need it the authenticator of this state folder; `make codes` reads it."""
    for person in PEOPLE:
        if set(person.roles) & NEEDS_SECOND_FACTOR:
            secret = secrets.get(person.email + SUFFIX, totp.generate_totp_secret)
            user = staff(person.login)
            if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
                totp.TOTP.activate(user, secret)


def ensure_api_key(secrets: Secrets) -> None:
    """A working key, its text among the secrets: the platform itself keeps only a hash."""
    known = secrets.find(API_KEY)
    prefix = known.split("_")[1] if known else ""
    if not ApiKey.objects.usable().filter(prefix=prefix).exists():
        agency = Agency.objects.get(slug="government")
        author = staff("publisher")
        _, text = create_api_key(agency=agency, name="Web editor", scopes=[Scope.BULLETINS], created_by=author)
        secrets.put(API_KEY, text)
