"""How messages leave us: relays for mail, webhooks, browsers' push services."""

from govnotify.settings.environment import env
from govnotify.settings.service import SERVICE_ADDRESS

EMAIL_URL = env.str("EMAIL_URL", "smtp://127.0.0.1:25")
# Of one lane alone, instead of EMAIL_URL. Several relays, with spaces or commas between, take over from each other.
EMAIL_URL_EMERGENCY = env.str("EMAIL_URL_EMERGENCY", "")
EMAIL_URL_TRANSACTIONAL = env.str("EMAIL_URL_TRANSACTIONAL", "")
EMAIL_URL_ROUTINE = env.str("EMAIL_URL_ROUTINE", "")
EMAIL_URL_DIGEST = env.str("EMAIL_URL_DIGEST", "")
# domain:selector:/path/to/private.pem, two of one domain for two signatures; without any the relay signs.
DKIM_KEYS: list[str] = env.list("DKIM_KEYS", default=[])
EMAIL_CONNECTIONS = env.int("EMAIL_CONNECTIONS", 8)  # per worker process

WEBHOOK_ALLOWED_NETWORKS: list[str] = env.list("WEBHOOK_ALLOWED_NETWORKS", default=[])
WEBHOOK_ALLOWED_PORTS: list[int] = [int(port) for port in env.list("WEBHOOK_ALLOWED_PORTS", default=["443", "8443"])]
WEBHOOK_CA_FILE: str | None = env.str("WEBHOOK_CA_FILE", None)

# Private keys as `manage.py vapid_key` makes them, the newest first. An older one stays as long as browsers have it.
# Without any no page offers to tell a browser.
VAPID_KEYS: list[str] = env.list("VAPID_KEYS", default=[])
VAPID_CONTACT = env.str("VAPID_CONTACT", f"mailto:{SERVICE_ADDRESS}")  # where push services' operators reach ours
PUSH_ALLOWED_NETWORKS: list[str] = env.list("PUSH_ALLOWED_NETWORKS", default=[])
PUSH_ALLOWED_PORTS: list[int] = [int(port) for port in env.list("PUSH_ALLOWED_PORTS", default=["443"])]
PUSH_CA_FILE: str | None = env.str("PUSH_CA_FILE", None)
