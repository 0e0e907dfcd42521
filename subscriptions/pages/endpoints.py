"""A subscriber's endpoints: machines that are told by webhook."""

from django import forms
from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_variables
from django.views.decorators.http import require_http_methods, require_POST

from channels.https.guard import ForbiddenTarget
from subscriptions.endpoints import EndpointRefused, ask_again, register_endpoint, remove_endpoint
from subscriptions.models import Endpoint, Subscriber, Topic
from subscriptions.pages.session import for_subscribers


class EndpointForm(forms.Form):
    url = forms.CharField(
        label=gettext_lazy("Address"),
        max_length=2_000,
        help_text=gettext_lazy("It begins with https:// and answers our challenge within 10 seconds."),
        widget=forms.TextInput(attrs={"inputmode": "url", "autocapitalize": "none", "spellcheck": "false"}),
    )
    topics = forms.CharField(
        label=gettext_lazy("Topics"),
        max_length=5_000,
        help_text=gettext_lazy(
            "The topics' identifiers, with spaces between them. Each topic's page shows its identifier."
        ),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false"}),
    )

    def clean_topics(self) -> list[Topic]:
        slugs = self.cleaned_data["topics"].replace(",", " ").split()
        topics = {topic.slug: topic for topic in Topic.objects.public().filter(slug__in=slugs)}
        unknown = [slug for slug in slugs if slug not in topics]
        if unknown:
            raise forms.ValidationError(_("There is no topic “%s”.") % unknown[0][:80])
        return list(topics.values())


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@for_subscribers
def me_endpoints(request: HttpRequest, subscriber: Subscriber) -> HttpResponse:
    """The list and the form; the answer to a new one shows its secret, once."""
    form = EndpointForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        return _register(request, subscriber, form)
    return _page(request, subscriber, form, status=422 if form.is_bound else 200)


@require_POST
@for_subscribers
def me_endpoint_again(request: HttpRequest, subscriber: Subscriber, endpoint_id: int) -> HttpResponse:
    ask_again(endpoint=get_object_or_404(Endpoint, pk=endpoint_id, subscriber=subscriber))
    messages.success(request, _("The challenge is being sent once more."))
    return redirect("me_endpoints")


@require_POST
@for_subscribers
def me_endpoint_remove(request: HttpRequest, subscriber: Subscriber, endpoint_id: int) -> HttpResponse:
    for endpoint in Endpoint.objects.filter(pk=endpoint_id, subscriber=subscriber):
        remove_endpoint(endpoint=endpoint)
    messages.success(request, _("The endpoint is removed."))
    return redirect("me_endpoints")


@sensitive_variables("secret")
def _register(request: HttpRequest, subscriber: Subscriber, form: EndpointForm) -> HttpResponse:
    try:
        endpoint, secret = register_endpoint(
            owner=subscriber, url=form.cleaned_data["url"], topics=form.cleaned_data["topics"]
        )
    except (EndpointRefused, ForbiddenTarget) as error:
        form.add_error("url", str(error))
        return _page(request, subscriber, form, status=422)
    context = {"subscriber": subscriber, "endpoint": endpoint, "secret": secret}
    return render(request, "subscriptions/endpoint_registered.html", context, status=201)


def _page(request: HttpRequest, subscriber: Subscriber, form: EndpointForm, status: int = 200) -> HttpResponse:
    context = {
        "subscriber": subscriber,
        "endpoints": subscriber.endpoints.prefetch_related("subscriptions__topic").order_by("pk"),
        "form": form,
    }
    return render(request, "subscriptions/endpoints.html", context, status=status)
