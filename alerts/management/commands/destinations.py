"""`manage.py destinations [set NAME --domain D… --rate LANE=N… | remove NAME]`: how fast to send to whom."""

from argparse import ArgumentParser, ArgumentTypeError
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from alerts.acts.destinations import BadLimit, remove_destination, set_destination
from alerts.lanes import Lane
from alerts.models import Destination


class Command(BaseCommand):
    """Without a verb it lists them. Exits with 1 when something is refused; changes hold at once, on every host."""

    help = "Limit how fast lanes send to a receiver's mail domains."

    def add_arguments(self, parser: ArgumentParser) -> None:
        verbs = parser.add_subparsers(dest="verb")
        setting = verbs.add_parser("set", help="Make a destination what is said here, and nothing else.")
        setting.add_argument("name")
        setting.add_argument("--domain", action="append", default=[], help="A mail domain; can be repeated.")
        setting.add_argument(
            "--rate", action="append", default=[], type=_rate, metavar="LANE=N", help="Messages per second."
        )
        verbs.add_parser("remove", help="Lift its limits.").add_argument("name")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            if options["verb"] == "set":
                set_destination(name=options["name"], domains=options["domain"], rates=dict(options["rate"]))
            elif options["verb"] == "remove":
                remove_destination(name=options["name"])
        except BadLimit as error:
            raise CommandError(str(error)) from error
        self._list()

    def _list(self) -> None:
        for destination in Destination.objects.exclude(domains=None).order_by("name").distinct():
            domains = " ".join(sorted(destination.domains.values_list("domain", flat=True)))
            limits = destination.allowances.exclude(rate=None).order_by("lane").values_list("lane", "rate")
            rates = " ".join(f"{Lane(lane).label}={rate:g}/s" for lane, rate in limits)
            self.stdout.write(f"{destination.name}  {domains}  {rates}")


def _rate(text: str) -> tuple[Lane, float]:
    name, _, number = text.partition("=")
    lanes = {lane.label: lane for lane in Lane}
    try:
        return lanes[name], float(number)
    except (KeyError, ValueError) as error:
        raise ArgumentTypeError(f"{text!r} is not LANE=N with a lane of {', '.join(lanes)}") from error
