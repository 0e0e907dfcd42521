"""The demo's act: the main job on the screen, then the account of it, then where everything is to be seen."""

from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from alerts.lanes import Lane
from govnotify.demo import accounting, main_job
from govnotify.demo.accounting import Account, Pushes, Webhooks
from govnotify.demo.data.agencies import FLOOD_TOPICS, ROUTINE_TOPIC
from govnotify.demo.data.places import CAPITAL
from govnotify.demo.data.staff import API_KEY, PEOPLE
from govnotify.demo.display import Display
from govnotify.demo.ports import Ports
from govnotify.demo.state import Secrets


@dataclass(frozen=True, slots=True)
class Result:
    routine: Account
    emergency: Account
    webhooks: Webhooks
    pushes: Pushes
    finished: bool  # by the platform's own books

    @property
    def complete(self) -> bool:
        accounts = (self.routine, self.emergency, self.webhooks, self.pushes)
        return self.finished and all(account.complete for account in accounts)

    def figures(self) -> dict[str, object]:
        return {
            "routine": self.routine.figures(),
            "emergency": self.emergency.figures(),
            "webhooks": self.webhooks.figures(),
            "pushes": self.pushes.figures(),
        }


@dataclass(frozen=True, slots=True)
class Places:
    """Where the demo's pages are. `catcher` is None where mail goes to a relay of yours."""

    site: str
    catcher: str | None
    receiver: str
    certificate: Path

    @classmethod
    def of(cls, ports: Ports, *, catches_mail: bool, certificate: Path) -> "Places":
        here = "http://127.0.0.1"
        catcher = f"{here}:{ports.catcher}" if catches_mail else None
        return cls(f"{here}:{ports.web}", catcher, f"https://127.0.0.1:{ports.receiver}", certificate)


def perform(places: Places, secrets: Secrets, console: Console) -> Result:
    """Publish both, show them on their way, and count at the other end."""
    wanted = {
        Lane.ROUTINE: accounting.wanted_addresses([ROUTINE_TOPIC], Lane.ROUTINE),
        Lane.EMERGENCY: accounting.wanted_addresses(FLOOD_TOPICS, Lane.EMERGENCY, about=CAPITAL),
    }
    with Display(console) as display:
        done = main_job.run(site=places.site, api_key=secrets.get(API_KEY), show=display.show)
    routine, emergency = (
        accounting.account_by_catcher(places.catcher, dispatch, wanted[lane])
        if places.catcher
        else accounting.account_by_rows(dispatch, wanted[lane])
        for lane, dispatch in ((Lane.ROUTINE, done.routine), (Lane.EMERGENCY, done.emergency))
    )
    webhooks = accounting.account_of_webhooks(
        places.receiver,
        places.certificate,
        {
            done.routine: accounting.wanted_endpoints([ROUTINE_TOPIC]),
            done.emergency: accounting.wanted_endpoints(FLOOD_TOPICS),
        },
    )
    pushes = accounting.account_of_pushes(
        places.receiver,
        places.certificate,
        {
            done.routine: accounting.wanted_browsers([ROUTINE_TOPIC]),
            done.emergency: accounting.wanted_browsers(FLOOD_TOPICS, about=CAPITAL),
        },
    )
    result = Result(routine, emergency, webhooks, pushes, done.finished)
    _tell_result(result, places, console)
    return result


def tell_places(places: Places, secrets: Secrets, console: Console) -> None:
    """The addresses of the pages, and who may sign in."""
    console.print(f"\nCitizens: {places.site}/   Staff: {places.site}/staff/   API: {places.site}/developers/")
    if places.catcher:
        console.print(f"Mails:    {places.catcher}/   (every mail that was sent, with its links)")
        console.print(f"A city:   {places.catcher}/city/   (its own site, with the sign-up form)")
    console.print(f"Webhooks: {places.receiver}/   (its certificate is of the demo's own authority)")
    console.print(f"Browsers: {places.receiver}/browsers/   (the notifications that six of them were shown)")
    console.print(f"API key:  {secrets.get(API_KEY)}   (of the government, publishes bulletins)")
    console.print("\nStaff sign in at the staff pages with:")
    for person in PEOPLE:
        password = secrets.get(person.email)
        console.print(f"  {person.email:<41} {password}   {person.name} {person.may}", markup=False)
    console.print("All but the author are asked for six digits as well: `make codes` in another terminal prints them.")


def _tell_result(result: Result, places: Places, console: Console) -> None:
    by = "By the mail catcher's own count" if places.catcher else "By the platform's rows (the mail went to your relay)"
    for name, account in (("routine", result.routine), ("emergency", result.emergency)):
        first = "no mail" if account.first_ms is None else f"the first after {account.first_ms} ms"
        console.print(
            f"{by}: {name} {account.sent:,} of {account.recipients:,} got it, {account.duplicates} twice, "
            f"{account.missing} missing, {account.failed} failed, {account.strangers} uninvited; "
            f"{first}, all within {account.seconds:.1f} s.",
        )
    if not result.finished:
        console.print(f"The platform had not finished both after {main_job.LATEST_SECONDS:.0f} s: see its logs.")
    hooks = result.webhooks
    console.print(f"By the receiver: {hooks.verified} of {hooks.endpoints} webhooks, signatures verified.")
    pushes = result.pushes
    console.print(
        f"By its browsers: {pushes.decrypted} of {pushes.browsers} notifications, signatures verified, decrypted; "
        f"{pushes.strangers} uninvited."
    )
