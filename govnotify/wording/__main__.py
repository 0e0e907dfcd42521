"""`make messages`: bring locale/ up to date with the code, compile it, and say what translators still have to do."""

from pathlib import Path

from django.conf import settings

from govnotify.wording.catalogs import mo_bytes, po_bytes, po_path, read, update
from govnotify.wording.extraction import messages
from govnotify.wording.faults import faults
from govnotify.wording.same import SAME

ROOT = Path(__file__).parents[2]


def main() -> None:
    wanted = messages(ROOT)
    for language, _name in settings.LANGUAGES:
        if language == settings.LANGUAGE_CODE:
            continue
        catalog = read(ROOT, language)
        update(catalog, wanted)
        path = po_path(ROOT, language)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(po_bytes(catalog))
        path.with_suffix(".mo").write_bytes(mo_bytes(catalog))
        found = faults(catalog, wanted, SAME.get(language, ()))
        print(f"{language}: {len(catalog)} messages, {len(found)} faults", *found, sep="\n  ")  # noqa: T201


if __name__ == "__main__":
    main()
