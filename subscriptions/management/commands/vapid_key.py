"""`manage.py vapid_key`: a fresh key pair by which push services know us; nothing is stored."""

from typing import Any

from django.core.management.base import BaseCommand

from channels.push.vapid import VapidKeys, new_key


class Command(BaseCommand):
    """Prints the line for `.env`, and the public half, which pages show to browsers by themselves."""

    help = "Make a key for notifications in the browser (VAPID). Put a new one in front of those that are set."

    def handle(self, *args: Any, **options: Any) -> None:
        key = new_key()
        self.stdout.write(f"VAPID_KEYS={key}")
        self.stderr.write(f"Its public half: {VapidKeys([key], 'mailto:nobody@localhost').public_key}")
