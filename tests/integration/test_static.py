"""Style and scripts as the image has them."""

from pathlib import Path

from django.core.management import call_command
from pytest_django import Settings


def test_style_and_scripts_are_collected_with_a_compressed_copy_beside_each(tmp_path: Path, settings: Settings) -> None:
    settings.STATIC_ROOT = str(tmp_path)
    call_command("collectstatic", verbosity=0, interactive=False)
    for name in ("govnotify/site.css", "govnotify/live.js", "django_htmx/htmx-2.min.js"):
        packed, plain = tmp_path / f"{name}.gz", tmp_path / name
        assert packed.stat().st_size < plain.stat().st_size / 2
