"""Django's settings, all of them from the environment; docs/operations.md lists the variables.

Without SECRET_KEY the project can be looked at (checks, dry runs, type checks) but not served:
`govnotify.safety` stops the web server and the workers.
"""

from datetime import timedelta
from pathlib import Path
from typing import Any

import environ
from csp.constants import NONCE, NONE, SELF
from django.utils.translation import gettext_lazy as _

env = environ.Env()
BASE_DIR = Path(__file__).resolve().parent.parent

# --- Who we are -----------------------------------------------------------------------------------------------
DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105  the point is that it is public
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", False)
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
# Loopback is always allowed: health checks come from there, and no link is made from the Host header.
ALLOWED_HOSTS: list[str] = [*env.list("ALLOWED_HOSTS", default=[]), "127.0.0.1", "localhost"]
BOUNCE_DOMAIN = env.str("BOUNCE_DOMAIN", "bounce.govnotify.example")
SERVICE_NAME = env.str("SERVICE_NAME", "govnotify")
SERVICE_OPERATOR = env.str("SERVICE_OPERATOR", "") or SERVICE_NAME  # the public body that runs the platform
SERVICE_CONTACT = env.str("SERVICE_CONTACT", "")  # a mailbox of its, for questions on privacy and accessibility
SERVICE_COLOUR = env.str("SERVICE_COLOUR", "#1f4e79")
SERVICE_POSTAL_ADDRESS = env.str("SERVICE_POSTAL_ADDRESS", "the address that SERVICE_POSTAL_ADDRESS names")
# Confirmations and sign-in links come from another address than what people may unsubscribe from.
SERVICE_ADDRESS = env.str("SERVICE_ADDRESS", "account@govnotify.example")
DIGEST_ADDRESS = env.str("DIGEST_ADDRESS", "digest@govnotify.example")
# "id:secret" pairs, the newest first: links in mails already sent keep working after a rotation.
TOKEN_KEYS: list[str] = env.list("TOKEN_KEYS", default=[f"1:{SECRET_KEY}"])
# Addresses are looked up and suppressed by this keyed hash; it can't be rotated without the addresses.
ADDRESS_HASH_KEY = env.str("ADDRESS_HASH_KEY", SECRET_KEY)
# Endpoint secrets are encrypted at rest with the first of these.
FIELD_KEYS: list[str] = env.list("FIELD_KEYS", default=[SECRET_KEY])

# --- Parts ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "govnotify.apps.ProjectConfig",
    "alerts",
    "subscriptions",
    "agencies",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.postgres",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "csp",
    "django_htmx",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "rest_framework",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "govnotify.lib.public.PublicPages",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
]
ROOT_URLCONF = "govnotify.urls"
WSGI_APPLICATION = "govnotify.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "govnotify.context.service",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

# --- Servers --------------------------------------------------------------------------------------------------
DATABASE_URL = env.str("DATABASE_URL", "postgresql://postgres@127.0.0.1:5432/govnotify")
REDIS_URL = env.str("REDIS_URL", "redis://127.0.0.1:6379/0")
BROKER_URL = env.str("BROKER_URL", "")  # amqp://… for RabbitMQ; empty: the Redis above
EMAIL_URL = env.str("EMAIL_URL", "smtp://127.0.0.1:25")
# Of one lane alone, instead of EMAIL_URL. Several relays, with spaces or commas between, take over from each other.
EMAIL_URL_EMERGENCY = env.str("EMAIL_URL_EMERGENCY", "")
EMAIL_URL_TRANSACTIONAL = env.str("EMAIL_URL_TRANSACTIONAL", "")
EMAIL_URL_ROUTINE = env.str("EMAIL_URL_ROUTINE", "")
EMAIL_URL_DIGEST = env.str("EMAIL_URL_DIGEST", "")
# domain:selector:/path/to/private.pem, two of one domain for two signatures; without any the relay signs.
DKIM_KEYS: list[str] = env.list("DKIM_KEYS", default=[])
EMAIL_CONNECTIONS = env.int("EMAIL_CONNECTIONS", 8)  # per worker process
PROBE_ADDRESS = env.str("PROBE_ADDRESS", "")  # of ours, to which a mail goes down each lane every minute
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # who shows it may read /metrics/ from elsewhere than this machine
DATABASES: dict[str, Any] = {"default": env.db_url_config(DATABASE_URL)}
DATABASES["default"] |= {
    "CONN_MAX_AGE": None,
    "CONN_HEALTH_CHECKS": True,
    "OPTIONS": {
        "connect_timeout": 5,
        # A host that is cut off says nothing, and one that hangs keeps its locks. Both ends find out within 15 s, and a
        # session that stands still inside a transaction ends with the lease of its work (30 s). The kernel's own
        # patience is 2 hours, for which a batch would be locked.
        "keepalives_idle": 5,
        "keepalives_interval": 5,
        "keepalives_count": 2,
        "tcp_user_timeout": 15_000,
        "options": (
            "-c idle_in_transaction_session_timeout=30s -c tcp_user_timeout=15s "
            "-c tcp_keepalives_idle=5 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=2"
        ),
        **DATABASES["default"].get("OPTIONS", {}),
    },
}
KEEP_MONTHS = env.int("KEEP_MONTHS", 13)  # of deliveries, before this one; `manage.py retention` drops the older
CACHES = {
    "default": {
        "BACKEND": "govnotify.lib.cache.ForgetfulRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "web",
        "OPTIONS": {"socket_connect_timeout": 1, "socket_timeout": 2},
    }
}

# --- Sign-in --------------------------------------------------------------------------------------------------
AUTH_USER_MODEL = "agencies.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "agencies.sign_in.StaffAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300  # an approval asks for a sign-in not older than this, seconds
ACCOUNT_SESSION_REMEMBER = False
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/staff/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())

# --- Browser security -----------------------------------------------------------------------------------------
OVER_HTTPS = SITE_URL.startswith("https://")
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = OVER_HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SECURE_HSTS_SECONDS = 31_536_000 if OVER_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = OVER_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if env.bool("BEHIND_PROXY", False) else None
SECURE_REFERRER_POLICY = "same-origin"
CSRF_TRUSTED_ORIGINS = [SITE_URL]
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, NONCE],
        "img-src": [SELF, "https:", "data:"],
        "connect-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

# --- Language, time, files ------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English"))]  # of the pages: those that locale/ has a translation for
BULLETIN_LANGUAGES = [  # in which people can ask to be written to
    ("ar", _("Arabic")),
    ("en", _("English")),
    ("es", _("Spanish")),
    ("fr", _("French")),
    ("ro", _("Romanian")),
    ("uk", _("Ukrainian")),
]
LOCALE_PATHS = [BASE_DIR / "locale"]
FORMAT_MODULE_PATH = "govnotify.formats"
USE_TZ = True
TIME_ZONE = "UTC"
STATIC_URL = "static/"
STATIC_ROOT: str | None = env.str("STATIC_ROOT", None)  # the image collects them there; elsewhere the finders serve
WHITENOISE_USE_FINDERS = STATIC_ROOT is None

# --- API ------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": ["agencies.api_keys.ApiKeyAuthentication"],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["rest_framework.parsers.JSONParser"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "DEFAULT_THROTTLE_CLASSES": ["agencies.api_keys.ApiKeyThrottle"],
    "DEFAULT_THROTTLE_RATES": {"api-key": env.str("API_RATE", "600/min")},
    "UNAUTHENTICATED_USER": None,
}
SPECTACULAR_SETTINGS = {
    "TITLE": "govnotify",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
}

# --- Webhooks -------------------------------------------------------------------------------------------------
WEBHOOK_ALLOWED_NETWORKS: list[str] = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
WEBHOOK_ALLOWED_PORTS: list[int] = [int(port) for port in env.list("WEBHOOK_ALLOWED_PORTS", default=["443", "8443"])]
WEBHOOK_CA_FILE: str | None = env.str("WEBHOOK_CA_FILE", None)

# --- Limits on what the public may ask for --------------------------------------------------------------------
SIGN_UPS_PER_IP_AND_HOUR = env.int("SIGN_UPS_PER_IP_AND_HOUR", 60)
SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = env.int("SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR", 5_000)
MINIMUM_FILL_SECONDS = env.float("MINIMUM_FILL_SECONDS", 2.0)  # nobody fills in the form faster than this

# --- Logs -----------------------------------------------------------------------------------------------------
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
