"""The places that people and browsers chose: which they have, how they change. Who has none hears about every place."""

from collections.abc import Iterable

from django.db import transaction

from subscriptions.models import Browser, Place, SignUp, Subscriber, SubscriberArea
from subscriptions.models.place import PlaceQuerySet

MOST = 20  # places of one person or browser: home, work, parents


class TooManyAreas(Exception):  # noqa: N818  named as what happened
    """More than MOST."""


@transaction.atomic
def set_areas(*, subscriber: Subscriber, places: Iterable[Place]) -> None:
    """Have this person hear about these places alone; about every place where there are none. Raises TooManyAreas."""
    chosen = list(places)
    if len(chosen) > MOST:
        raise TooManyAreas
    Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    put_areas(subscriber=subscriber, places=chosen)


def put_areas(*, subscriber: Subscriber, places: Iterable[Place]) -> None:
    """The same, however many they are, in the caller's transaction and under its lock of the subscriber."""
    chosen = {place.pk for place in places}
    has = set(subscriber.area_links.values_list("place", flat=True))
    subscriber.area_links.filter(place__in=has - chosen).delete()
    SubscriberArea.objects.bulk_create(
        SubscriberArea(subscriber=subscriber, place_id=place) for place in sorted(chosen - has)
    )


@transaction.atomic
def set_browser_areas(*, browser: Browser, places: Iterable[Place]) -> None:
    """Have this browser tell about these places alone; about every place where there are none. Raises TooManyAreas.

    One that has been forgotten meanwhile has none.
    """
    chosen = list(places)
    if len(chosen) > MOST:
        raise TooManyAreas
    if Browser.objects.select_for_update().filter(pk=browser.pk).exists():
        browser.areas.set(chosen)


def areas_after(sign_up: SignUp) -> PlaceQuerySet:
    """The places that the person has once this is confirmed.

    Somebody who listens already keeps those that they have, and the new ones come with them; whoever begins, or begins
    again, has what was chosen now.
    """
    wanted = set(sign_up.areas)
    if sign_up.subscriber.status == Subscriber.Status.ACTIVE:
        wanted |= set(sign_up.subscriber.area_links.values_list("place", flat=True))
    return Place.objects.filter(pk__in=wanted)


def narrows(sign_up: SignUp) -> bool:
    """Whether it would end hearing about every place, for somebody who does so now."""
    listens = sign_up.subscriber.status == Subscriber.Status.ACTIVE
    return bool(sign_up.areas) and listens and not sign_up.subscriber.area_links.exists()
