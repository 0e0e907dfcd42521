"""Stopping a dispatch under way: pause and go on, or cancel for good.

Stopping is one row's state and one person's word, as it is safe; sending an alert on takes the second person's role
again. Senders learn of it with their next record or look, a second later at most, and take nothing more
(alerts.engine.window). What they have handed over by then is recorded: an acceptance is a fact. What still waits is
pending while the dispatch is paused; of a cancelled one it becomes cancelled, rows and counts, by housekeeping
(alerts.engine.clearing).
"""

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from agencies.audit import Actor, record
from agencies.models import Agency, ApiKey, Role, User
from agencies.models.api_key import Scope
from alerts.engine.lifetime import end_of, end_of_held
from alerts.lanes import CHANNEL_OF, QUEUE_OF, RULES, Lane, RecipientKind
from alerts.models import Dispatch
from alerts.refusals import NotAllowed, NotPossible
from govnotify.lib.queues import Queue, wake

State = Dispatch.State


@transaction.atomic
def pause_dispatch(*, dispatch: Dispatch, by: User | ApiKey) -> Dispatch:
    """Hold it until somebody resumes or cancels it. Raises NotAllowed, and NotPossible where it is over.

    One that is paused already stays so.
    """
    locked = _locked(dispatch)
    may_stop(locked, by)
    if locked.state == State.PAUSED:
        return locked
    _refuse_where_over(locked)
    _move(locked, State.PAUSED, by, verb="dispatch.paused")
    return locked


@transaction.atomic
def resume_dispatch(*, dispatch: Dispatch, by: User | ApiKey) -> Dispatch:
    """Go on where it was paused; nobody gets it twice for that. Raises NotAllowed and NotPossible.

    An alert is sent on by an approver who did not write it: starting takes two people, again.
    """
    locked = _locked(dispatch)
    may_resume(locked, by)
    if locked.state == State.SENDING:
        return locked
    _refuse_where_over(locked)
    if end_of_held(Lane(locked.lane), end_of(locked.pk), locked.held_until) <= timezone.now():
        raise NotPossible(
            _("The time for sending this is over: nothing more of it can go out. Stop it for good, then publish anew.")
        )
    _move(locked, State.SENDING, by, verb="dispatch.resumed")
    lane = Lane(locked.lane)
    for kind in locked.slices.values_list("kind", flat=True).distinct():
        if queue := QUEUE_OF.get((lane, CHANNEL_OF[RecipientKind(kind)])):
            transaction.on_commit(lambda queue=queue: wake(queue, times=RULES[lane].workers))  # type: ignore[misc]
    return locked


@transaction.atomic
def cancel_dispatch(*, dispatch: Dispatch, by: User | ApiKey, reason: str = "") -> Dispatch:
    """Drop for good what has not been sent. Raises NotAllowed, and NotPossible where all of it has.

    One that is cancelled already stays so.
    """
    locked = _locked(dispatch)
    may_stop(locked, by)
    if locked.state == State.CANCELLED:
        return locked
    _refuse_where_over(locked)
    drop_unsent(locked, by, reason=reason)
    return locked


def drop_unsent(dispatch: Dispatch, by: User | ApiKey, *, reason: str) -> None:
    """Cancel a dispatch that the caller has locked and may stop; nothing happens to one that is over."""
    if dispatch.state in {State.SENDING, State.PAUSED}:
        _move(dispatch, State.CANCELLED, by, verb="dispatch.cancelled", reason=reason)
        transaction.on_commit(lambda: wake(Queue.HOUSEKEEPING))


def may_stop(dispatch: Dispatch, who: User | ApiKey) -> None:
    """Raise NotAllowed unless they may pause or cancel it. A key never stops an alert: it could silence one."""
    agency = _agency(dispatch)
    if isinstance(who, ApiKey):
        _check_key(dispatch, who)
    elif dispatch.lane == Lane.EMERGENCY:
        if not (who.may(Role.OPERATOR, agency) or who.may(Role.APPROVER, agency)):
            raise NotAllowed(_("Stopping an alert takes the role of emergency operator or approver at %s.") % agency)
    elif not who.may(Role.PUBLISHER, agency):
        raise NotAllowed(_("Stopping a bulletin takes the role of publisher at %s.") % agency)


def may_resume(dispatch: Dispatch, who: User | ApiKey) -> None:
    """Raise NotAllowed unless they may send a paused one on."""
    agency = _agency(dispatch)
    if isinstance(who, ApiKey):
        _check_key(dispatch, who)
    elif dispatch.lane == Lane.EMERGENCY:
        if not who.may(Role.APPROVER, agency):
            raise NotAllowed(_("Sending an alert on takes the role of emergency approver at %s.") % agency)
        if dispatch.approval is None or dispatch.approval.author_id == who.pk:
            raise NotAllowed(_("You wrote this alert: a second person must send it on."))
    elif not who.may(Role.PUBLISHER, agency):
        raise NotAllowed(_("Sending a bulletin on takes the role of publisher at %s.") % agency)


def _check_key(dispatch: Dispatch, key: ApiKey) -> None:
    if dispatch.lane != Lane.ROUTINE:
        raise NotAllowed(_("Alerts are stopped and sent on by people, on the staff pages."))
    if key.agency_id != dispatch.agency_id or Scope.BULLETINS not in key.scopes:
        raise NotAllowed(_("This API key may not stop bulletins of this agency."))


def _agency(dispatch: Dispatch) -> Agency:
    if dispatch.agency is None:
        raise NotAllowed(_("A digest run carries the bulletins of all agencies. Withdraw the bulletin instead."))
    return dispatch.agency


def _locked(dispatch: Dispatch) -> Dispatch:
    # Not FOR UPDATE: senders insert batches and tallies that refer to this row, and must not wait for us.
    locked = Dispatch.objects.select_for_update(of=["self"], no_key=True)
    return locked.select_related("agency", "approval", "bulletin").get(pk=dispatch.pk)


def _refuse_where_over(dispatch: Dispatch) -> None:
    if dispatch.state == State.DONE:
        raise NotPossible(_("All of it has gone out, so there is nothing left to stop. Send a correction instead."))
    if dispatch.state == State.CANCELLED:
        raise NotPossible(_("It was cancelled, which is for good. Publish it anew, or send a correction."))


def _move(dispatch: Dispatch, state: Dispatch.State, by: User | ApiKey, *, verb: str, reason: str = "") -> None:
    before, dispatch.state = dispatch.state, state
    dispatch.save(update_fields=["state"])
    record(
        actor=Actor.of(by),
        verb=verb,
        target=dispatch,
        agency=dispatch.agency,
        before={"state": before},
        after={"state": state, "bulletin": dispatch.bulletin_id, "reason": reason},
    )
