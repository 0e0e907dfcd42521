"""Every route of the platform: what a picture is taken of, and what has none."""

from collections.abc import Iterator

from django.urls import URLPattern, URLResolver, get_resolver

from tests.browser.gallery.citizens import CITIZENS
from tests.browser.gallery.staff import STAFF

SHOTS = (*CITIZENS, *STAFF)
# Names of routes, by the reason why there is nothing to take a picture of.
NO_PAGE = {
    "for machines": (
        "health_live", "metrics", "theme", "manifest", "topic_feed", "agency_feed", "alerts_feed", "archive_feed",
        "alert_cap", "sitemap", "sitemap_pages", "sitemap_file", "robots", "api-schema", "api-bulletins",
        "api-bulletin", "api-bulletin-pause", "api-bulletin-resume", "api-bulletin-cancel",
        "api-bulletin-withdraw",
        "api-bulletin-corrections", "api-alerts", "api-alert", "api-topics", "api-endpoints", "api-endpoint",
        "api-endpoint-challenge", "push_worker", "push_tell", "push_state", "push_answer", "push_stop", "push_move",
        "push_places",
    ),
    "a button's address, which leads on to a page": (
        "me_topics", "me_suggested", "me_stop", "me_undo", "me_language", "me_pause", "me_resume", "me_erase",
        "me_address_cancel", "me_sign_out", "me_endpoint_again", "me_endpoint_remove", "confirm_more",
        "embed_subscribe", "language", "leaving_reason", "staff-bulletin-pause", "staff-bulletin-resume",
        "staff-alert-pause", "staff-alert-take-over", "staff-category-delete", "staff-category-move",
    ),
    "a part of a page that has one": (
        "staff-preview", "staff-preview-frame", "staff-bulletin-progress", "staff-alert-progress",
    ),
    "a file to be saved": (
        "staff-bulletin-list", "staff-alert-list", "staff-alert-source", "me_download", "mfa_download_recovery_codes",
    ),
    "closed: mail never lets members of staff in": (
        "account_email", "account_email_verification_sent", "account_set_password",
        "account_reset_password", "account_confirm_login_code", "account_confirm_email",
        "account_reset_password_from_key_done", "account_reset_password_from_key", "account_reset_password_done",
    ),
    "leads to the bulletin's page": ("alert",),
    "on the way from the sign-in, as staff-second-factor": ("mfa_authenticate",),
}  # fmt: skip


def names(patterns: list[URLPattern | URLResolver] | None = None) -> Iterator[str]:
    """Of every named route; those without a name answer that there is nothing."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            yield from names(pattern.url_patterns)
        elif pattern.name:
            yield pattern.name
