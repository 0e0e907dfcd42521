"""What those who run the platform keep, watch and read."""

from govnotify.settings.environment import env

PAGE_CACHE_MB = env.int("PAGE_CACHE_MB", 32)  # of public pages that each web process keeps; 0: none
KEEP_MONTHS = env.int("KEEP_MONTHS", 13)  # of deliveries, before this one; housekeeping drops the older
PROBE_ADDRESS = env.str("PROBE_ADDRESS", "")  # of ours, to which a mail goes down each lane every minute
METRICS_TOKEN = env.str("METRICS_TOKEN", "")  # who shows it may read /metrics/ from elsewhere than this machine

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "line": {"()": "govnotify.lib.logs.WithoutTokens", "fmt": "%(asctime)s %(levelname)s %(name)s %(message)s"}
    },
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.str("LOG_LEVEL", "INFO")},
}
