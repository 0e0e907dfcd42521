"""Withdrawing a bulletin: its agency no longer stands by it, and what has not been sent of it is dropped.

That covers its own dispatch and every digest that has not gone out. Who got it already is told by a correction.
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from agencies.audit import Actor, record
from agencies.models import ApiKey, Role, User
from agencies.models.api_key import Scope
from alerts.acts.content import ContentRefused
from alerts.acts.publishing import predecessors
from alerts.acts.stopping import drop_unsent
from alerts.models import Bulletin
from alerts.models.bulletin import REASON_LENGTH
from alerts.refusals import NotAllowed, NotPossible


@transaction.atomic
def withdraw_bulletin(*, bulletin: Bulletin, by: User | ApiKey, reason: str) -> Bulletin:
    """Take a published bulletin back; everybody can read the reason on its page. There is no way back.

    One that is withdrawn already stays so, with its first reason. Raises NotAllowed, NotPossible and, for a reason
    that is missing or too long, ContentRefused.
    """
    locked = Bulletin.objects.select_for_update(of=["self"]).select_related("agency").get(pk=bulletin.pk)
    _check_rights(locked, by)
    if locked.status == Bulletin.Status.WITHDRAWN:
        return locked
    if locked.is_alert:
        raise NotPossible(
            _("People may have acted on an alert: stop its sending, and send a cancel that refers to it.")
        )
    if locked.status != Bulletin.Status.PUBLISHED:
        raise NotPossible(_("It has not been published, so there is nothing to withdraw."))
    said = " ".join(reason.split())
    if not said:
        raise ContentRefused({"reason": [_("Say why: everybody who opens its page reads it.")]})
    if len(said) > REASON_LENGTH or "\x00" in said:
        problem = ngettext("At most %(most)d character.", "At most %(most)d characters.", REASON_LENGTH)
        raise ContentRefused({"reason": [problem % {"most": REASON_LENGTH}]})
    locked.status = Bulletin.Status.WITHDRAWN
    locked.withdrawn_at = timezone.now()
    locked.withdrawn_by = by if isinstance(by, User) else None
    locked.withdrawal_reason = said
    locked.save(update_fields=["status", "withdrawn_at", "withdrawn_by", "withdrawal_reason", "edited_at"])
    record(
        actor=Actor.of(by),
        verb="bulletin.withdrawn",
        target=locked,
        agency=locked.agency,
        before={"status": Bulletin.Status.PUBLISHED},
        after={"status": locked.status, "reason": said},
    )
    for dispatch in predecessors([locked]):
        drop_unsent(dispatch, by, reason=said)
    return locked


def _check_rights(bulletin: Bulletin, who: User | ApiKey) -> None:
    if isinstance(who, ApiKey):
        if who.agency_id != bulletin.agency_id or Scope.BULLETINS not in who.scopes:
            raise NotAllowed(_("This API key may not withdraw bulletins of this agency."))
    elif not who.may(Role.PUBLISHER, bulletin.agency):
        raise NotAllowed(_("Withdrawing takes the role of publisher at %s.") % bulletin.agency)
