"""One cluster for all tests of this folder, whole again before each of them."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cluster.cluster import Cluster, cluster
from tests.cluster.namespaces import missing


@pytest.fixture(scope="session")
def _made(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cluster]:
    lacking = missing()
    if lacking:
        pytest.skip(f"THE CLUSTER IS NOT TRIED: {lacking}")
    with cluster(_folder(tmp_path_factory)) as made:
        yield made


@pytest.fixture
def hosts(_made: Cluster) -> Cluster:
    """Every process runs on both worker hosts."""
    _made.all_running()
    return _made


def _folder(factory: pytest.TempPathFactory) -> Path:
    """One that PostgreSQL's user can reach: pytest's own folders are closed to others."""
    folder = factory.mktemp("cluster")
    for one in (folder, folder.parent, folder.parent.parent):
        one.chmod(0o755)
    return folder
