"""The owner of the database, who is no superuser, can make everything that search needs, whatever its locale is."""

import secrets
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connection
from psycopg import sql

import alerts.migrations

SQL = Path(alerts.migrations.__path__[0]) / "sql"


@pytest.fixture(params=["C.UTF-8", "C"])
def owner(request: pytest.FixtureRequest, db: None) -> Iterator[psycopg.Connection]:
    """Somebody who owns an empty database of that locale and nothing else."""
    server = connection.get_connection_params()
    server = {name: server[name] for name in ("host", "port", "user", "password")}
    name, word = f"owner_{secrets.token_hex(4)}", secrets.token_hex(8)
    names = {"name": sql.Identifier(name), "word": sql.Literal(word), "locale": sql.Literal(request.param)}
    with psycopg.connect(**server, dbname="postgres", autocommit=True) as root:
        root.execute(sql.SQL("CREATE ROLE {name} LOGIN PASSWORD {word}").format(**names))
        make = "CREATE DATABASE {name} OWNER {name} TEMPLATE template0 LOCALE_PROVIDER libc LOCALE {locale}"
        root.execute(sql.SQL(make).format(**names))
        try:
            with psycopg.connect(**server | {"user": name, "password": word}, dbname=name, autocommit=True) as own:
                yield own
        finally:
            root.execute(sql.SQL("DROP DATABASE {name}").format(**names))
            root.execute(sql.SQL("DROP ROLE {name}").format(**names))


def test_an_owner_who_is_no_superuser_makes_the_extensions_and_the_rules_for_words(owner: psycopg.Connection) -> None:
    owner.execute("CREATE EXTENSION unaccent")
    owner.execute("CREATE EXTENSION pg_trgm")
    owner.execute("CREATE TABLE alerts_searchword (id bigserial, word varchar(40))")
    owner.execute((SQL / "search_words.sql").read_bytes())
    owner.execute("SELECT search_learn('Inundații')")
    assert owner.execute("SELECT search_correct('inumdatii', false)").fetchone() == ("inundatii",)
    for language, said, typed in (
        ("ro", "ȘCOALĂ ÎNCHISĂ", "şcoala"),
        ("uk", "ДОРОГИ", "дорогами x"),
        ("fr", "ÉTÉ", "ete"),
    ):
        found = owner.execute("SELECT search_words(%s, %s, 'A') @@ search_query(%s)", [language, f"{said} x", typed])
        assert found.fetchone() == (True,), said
