"""What finding costs in a country's archive: the search of the home page, the archive's pages and filters, indexing.

    python -m bench.search --bulletins 500000 --agencies 1800 --topics 20000

Each bulletin has two variants of some sixty words, drawn from 30,000 made-up words of which few are common and most are
rare. Measured are whole pages, as the web server makes them, and what publishing a bulletin's entry costs; every query
of the pages is explained, and the large tables that one of them reads from end to end are named. The last line is one
JSON object.
"""

import argparse
import json

from bench.servers import own_servers

SETTINGS = {"shared_buffers": "2GB", "max_wal_size": "16GB", "maintenance_work_mem": "1GB"}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--bulletins", type=int, default=500_000)
    arguments.add_argument("--agencies", type=int, default=1_800)
    arguments.add_argument("--topics", type=int, default=20_000)
    chosen = arguments.parse_args()
    with own_servers(SETTINGS):
        # Django reads its settings from the environment that the servers have just made.
        from bench.search_archive import fill  # noqa: PLC0415
        from bench.search_pages import measure  # noqa: PLC0415

        filled = fill(chosen.bulletins, chosen.agencies, chosen.topics)
        print(json.dumps(filled | {"pages": measure()}), flush=True)


if __name__ == "__main__":
    main()
