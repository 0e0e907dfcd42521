"""Who we are: names, addresses, and the keys that we sign and seal with."""

from govnotify.settings.environment import env

DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105  the point is that it is public
SECRET_KEY = env.str("SECRET_KEY", DEVELOPMENT_SECRET)
SECRET_KEY_FALLBACKS: list[str] = env.list("SECRET_KEY_FALLBACKS", default=[])
DEBUG = env.bool("DEBUG", False)
SITE_URL = env.str("SITE_URL", "http://127.0.0.1:8000").rstrip("/")
# Loopback is always allowed: health checks come from there, and no link is made from the Host header.
ALLOWED_HOSTS: list[str] = [*env.list("ALLOWED_HOSTS", default=[]), "127.0.0.1", "localhost"]
BOUNCE_DOMAIN = env.str("BOUNCE_DOMAIN", "bounce.govnotify.example")
SERVICE_NAME = env.str("SERVICE_NAME", "govnotify")
SERVICE_SHORT_NAME = env.str("SERVICE_SHORT_NAME", "") or SERVICE_NAME  # below its mark on a phone's home screen
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
