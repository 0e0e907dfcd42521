"""What the first message of a process would have to make, made in a worker before its processes are forked from it.

They share it from then on. Else each made it for itself while the first reader waited: 25 ms of processor time.
"""

from pathlib import Path

from django.template import Engine
from django.template.loader import get_template
from django.urls import reverse

MAILS = "emails"  # the folder of their templates


def warm_up() -> None:
    """Compile the templates of every mail, and the table by which addresses of pages are made."""
    reverse("me")  # any page: the first that is asked for makes the whole table
    for folder in Engine.get_default().dirs:
        for file in sorted(Path(folder, MAILS).rglob("*.*")):
            get_template(str(file.relative_to(folder)))
