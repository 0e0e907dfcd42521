"""By which clocks an agency's times are shown."""

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from agencies.audit import Actor, record
from agencies.models import Agency
from govnotify.lib.local_time import is_zone


@transaction.atomic
def set_zone(*, agency: Agency, zone: str, actor: Actor) -> None:
    """Make this the agency's zone (an IANA name); "" gives it the platform's. Raises ValidationError for none."""
    if zone and not is_zone(zone):
        raise ValidationError(_("Choose one of the places in the list."))
    before = Agency.objects.select_for_update().get(pk=agency.pk).time_zone
    if zone == before:
        return
    Agency.objects.filter(pk=agency.pk).update(time_zone=zone)
    record(
        actor=actor,
        verb="agency.time-zone-changed",
        target=agency,
        agency=agency,
        before={"zone": before},
        after={"zone": zone},
    )
