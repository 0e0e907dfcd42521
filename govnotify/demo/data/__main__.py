"""Migrates the database and makes the demo's data where they are missing.

    python -m govnotify.demo.data STATE PORT CATCHER

PORT and STATE/receiver are those of the webhook receiver, which must be running; CATCHER is the port of the catcher's
pages.
"""

import sys
from pathlib import Path

import django

django.setup()

from django.core.management import call_command  # noqa: E402  what follows needs the set-up
from django.db import transaction  # noqa: E402

from agencies.models import Agency, User  # noqa: E402
from alerts.finding.popularity import count_followers_when_due  # noqa: E402
from govnotify.demo.data.agencies import make_agencies  # noqa: E402
from govnotify.demo.data.browsers import ensure_browsers  # noqa: E402
from govnotify.demo.data.bulletins import make_bulletins  # noqa: E402
from govnotify.demo.data.endpoints import Receiver, ensure_endpoints  # noqa: E402
from govnotify.demo.data.network import allow_city_site, make_network  # noqa: E402
from govnotify.demo.data.people import PEOPLE as CITIZENS  # noqa: E402
from govnotify.demo.data.people import make_people  # noqa: E402
from govnotify.demo.data.places import make_places  # noqa: E402
from govnotify.demo.data.staff import PEOPLE, ensure_api_key, make_staff, set_passwords, set_second_factors  # noqa: E402
from govnotify.demo.state import Secrets  # noqa: E402


def main() -> None:
    folder, port, catcher = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    call_command("migrate", verbosity=0, interactive=False)
    ensure_data()
    secrets = Secrets(folder)
    set_passwords(secrets)
    set_second_factors(secrets)
    ensure_api_key(secrets)
    receiver = Receiver(port, folder / "receiver" / "ca.pem")
    ensure_endpoints(receiver)
    ensure_browsers(receiver, secrets)
    allow_city_site(catcher)


@transaction.atomic
def ensure_data(people: int = CITIZENS) -> None:
    """All of it or, where the demo's agencies are there, nothing."""
    if User.objects.filter(email=PEOPLE[0].email).exists():
        return
    if Agency.objects.exists():
        raise SystemExit(
            "The database holds agencies that the demo did not make. Point DATABASE_URL to an empty database: "
            "the demo writes 2,000 subscribers into it and sends mail to them."
        )
    make_places()
    make_staff(make_agencies())
    make_bulletins()
    make_people(people)
    make_network()
    count_followers_when_due()


if __name__ == "__main__":
    main()
