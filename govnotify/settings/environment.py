"""Where every setting comes from."""

from pathlib import Path

import environ

env = environ.Env()
BASE_DIR: Path = Path(__file__).resolve().parent.parent.parent
