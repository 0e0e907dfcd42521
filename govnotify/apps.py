"""Registers the project itself with Django, for its static files and templates' tags."""

from django.apps import AppConfig


class ProjectConfig(AppConfig):
    name = "govnotify"

    def ready(self) -> None:
        """Whoever publishes sends hints through our Celery application, not through Celery's default one."""
        import govnotify.celery  # noqa: F401, PLC0415  it needs the settings
