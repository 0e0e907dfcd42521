"""`/api/v1/bulletins/{id}/…`: pause, resume, cancel, withdraw. Sent again, each does nothing a second time."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.request import Request
from rest_framework.response import Response

from agencies.api_keys import HasScope
from agencies.models.api_key import Scope
from alerts.acts.content import ContentRefused
from alerts.acts.stopping import cancel_dispatch, pause_dispatch, resume_dispatch
from alerts.acts.withdrawing import withdraw_bulletin
from alerts.api.answers import BulletinStateAnswer, created, state
from alerts.api.fields import StrictSerializer, Text
from alerts.models import Bulletin, Dispatch
from alerts.models.bulletin import REASON_LENGTH
from alerts.refusals import NotAllowed, NotPossible
from subscriptions.api.problems import REQUEST, Refused
from subscriptions.api.schema import answers
from subscriptions.api.views import AgencyView


class NothingRequest(StrictSerializer):
    """No fields; the body may be left out or be {}."""


class CancelRequest(StrictSerializer):
    reason = serializers.CharField(
        max_length=REASON_LENGTH, default="", allow_blank=True, help_text="For the audit trail; optional."
    )


class WithdrawRequest(StrictSerializer):
    reason = Text(help_text="Why, on one line of at most 500 characters. Everybody can read it.")


class ActingView(AgencyView):
    """A POST that does one thing to a bulletin, and answers how it stands afterwards."""

    permission_classes = (HasScope,)
    scope = Scope.BULLETINS
    asks: type[StrictSerializer] = NothingRequest

    def act(self, bulletin: Bulletin, wanted: dict[str, Any]) -> None:
        """Do it. May raise NotAllowed, NotPossible and ContentRefused."""
        raise NotImplementedError

    def done(self, pk: int) -> Response:
        """The answer to a POST to the bulletin with this number."""
        bulletin = get_object_or_404(Bulletin.objects.filter(agency=self.agency).select_related("agency"), pk=pk)
        wanted = self.asks(data=self.json if self.request.body else {})
        wanted.is_valid(raise_exception=True)
        try:
            self.act(bulletin, wanted.validated_data)
        except ContentRefused as refused:
            raise Refused(refused.errors) from refused
        except NotAllowed as refused:
            raise Refused({REQUEST: [str(refused)]}, status.HTTP_403_FORBIDDEN) from refused
        except NotPossible as refused:
            raise Refused({REQUEST: [str(refused)]}, status.HTTP_409_CONFLICT) from refused
        bulletin.refresh_from_db()
        return Response(created(bulletin, published=True) | state(bulletin))

    @staticmethod
    def dispatch_of(bulletin: Bulletin) -> Dispatch:
        found = Dispatch.objects.filter(bulletin=bulletin).first()
        if found is None:
            raise NotPossible(_("It has not been published, so nothing of it is being sent."))
        return found


RESPONSES = answers({200: BulletinStateAnswer}, 400, 404, 409, 413)


class PauseView(ActingView):
    @extend_schema(summary="Pause the sending of a bulletin", request=NothingRequest, responses=RESPONSES)
    def post(self, request: Request, pk: int) -> Response:
        """Within a second or two nothing more is handed over. `resume` goes on where it stopped, with no duplicate."""
        return self.done(pk)

    def act(self, bulletin: Bulletin, wanted: dict[str, Any]) -> None:
        pause_dispatch(dispatch=self.dispatch_of(bulletin), by=self.key)


class ResumeView(ActingView):
    @extend_schema(summary="Go on sending a paused bulletin", request=NothingRequest, responses=RESPONSES)
    def post(self, request: Request, pk: int) -> Response:
        """409 once its time is over (24 hours after publishing), or it was cancelled."""
        return self.done(pk)

    def act(self, bulletin: Bulletin, wanted: dict[str, Any]) -> None:
        resume_dispatch(dispatch=self.dispatch_of(bulletin), by=self.key)


class CancelView(ActingView):
    asks = CancelRequest

    @extend_schema(summary="Stop the sending of a bulletin for good", request=CancelRequest, responses=RESPONSES)
    def post(self, request: Request, pk: int) -> Response:
        """What has not been sent is dropped. The bulletin stays public: see `withdraw`."""
        return self.done(pk)

    def act(self, bulletin: Bulletin, wanted: dict[str, Any]) -> None:
        cancel_dispatch(dispatch=self.dispatch_of(bulletin), by=self.key, reason=wanted["reason"])


class WithdrawView(ActingView):
    asks = WithdrawRequest

    @extend_schema(summary="Withdraw a bulletin", request=WithdrawRequest, responses=RESPONSES)
    def post(self, request: Request, pk: int) -> Response:
        """What is unsent is dropped, digests leave it out, its page says why. Nobody is told: see `corrections`."""
        return self.done(pk)

    def act(self, bulletin: Bulletin, wanted: dict[str, Any]) -> None:
        withdraw_bulletin(bulletin=bulletin, by=self.key, reason=wanted["reason"])
