"""What must not be served: public secrets, debug pages, hosts that anybody may claim, plain http."""

import pytest
from django.core.exceptions import ImproperlyConfigured

from govnotify.safety import require_safe_settings

SAFE = {
    "SECRET_KEY": "a secret that is long enough to be one",
    "DEBUG": False,
    "ALLOWED_HOSTS": ["notify.example", "127.0.0.1", "localhost"],
    "SITE_URL": "https://notify.example",
}


@pytest.fixture
def configured(settings):
    def configure(**changes):
        for name, value in (SAFE | changes).items():
            setattr(settings, name, value)

    return configure


def test_safe_settings_are_served(configured):
    configured()
    require_safe_settings()


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"SECRET_KEY": "development-only-secret-that-production-refuses"}, "SECRET_KEY is not set"),
        ({"SECRET_KEY": "short"}, "shorter than 32"),
        ({"ALLOWED_HOSTS": ["*"]}, "ALLOWED_HOSTS"),
        ({"DEBUG": True}, "DEBUG is on"),
        ({"SITE_URL": "http://notify.example"}, "is not https"),
    ],
)
def test_each_danger_is_named(configured, changes, words):
    configured(**changes)
    with pytest.raises(ImproperlyConfigured, match=words):
        require_safe_settings()


def test_a_machine_of_one_s_own_may_do_without_https(configured):
    configured(SITE_URL="http://127.0.0.1:8000", ALLOWED_HOSTS=["127.0.0.1"], DEBUG=True)
    require_safe_settings()
