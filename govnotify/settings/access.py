"""Who gets in, what a browser may do with our pages, and how much the public may ask for."""

from datetime import timedelta

from csp.constants import NONCE, NONE, SELF

from govnotify.settings.environment import env
from govnotify.settings.service import SITE_URL

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
SESSION_ENGINE = "govnotify.lib.sessions"
SESSION_COOKIE_AGE = int(timedelta(hours=12).total_seconds())

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
        "manifest-src": [SELF],
        "font-src": [SELF],
        "form-action": [SELF],
        "frame-src": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
    }
}
DATA_UPLOAD_MAX_MEMORY_SIZE = 2_000_000

SIGN_UPS_PER_IP_AND_HOUR = env.int("SIGN_UPS_PER_IP_AND_HOUR", 60)
SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR = env.int("SIGN_UPS_PER_MAIL_DOMAIN_AND_HOUR", 5_000)
BROWSERS_PER_PUSH_SERVICE_AND_HOUR = env.int("BROWSERS_PER_PUSH_SERVICE_AND_HOUR", 20_000)
MINIMUM_FILL_SECONDS = env.float("MINIMUM_FILL_SECONDS", 2.0)  # nobody fills in the form faster than this
