"""The one question that whoever has just left may answer. The form holds nothing about the person."""

from django.core.signing import BadSignature
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from subscriptions.leaving_reasons import answer
from subscriptions.models import LeavingCount


@csrf_exempt  # as the page that asks: there is no cookie, and the signed question is all that counts
@require_POST
def leaving_reason(request: HttpRequest) -> HttpResponse:
    """Thanks for an answer that we asked for, and for none; what is no answer of ours is not counted."""
    reason = request.POST.get("reason", "")
    counted = False
    if reason in LeavingCount.Reason.values:
        try:
            answer(question=request.POST.get("question", ""), reason=LeavingCount.Reason(reason))
            counted = True
        except BadSignature:
            return render(request, "subscriptions/leaving_reason.html", {"counted": False}, status=410)
    return render(request, "subscriptions/leaving_reason.html", {"counted": counted})
