"""A model that knows nothing, in its folder and loaded, for all tests of local models."""

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tasks.providers.local_model.folders import find_folders
from tests.tiny_model import save_random_model

if TYPE_CHECKING:
    from tasks.providers.local_model.load import LoadedModel


@pytest.fixture(scope="session")
def random_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder as transformers saves it."""
    return save_random_model(tmp_path_factory.mktemp("local") / "random")


@pytest.fixture(scope="session")
def random_model(random_folder: Path) -> "LoadedModel":
    """The same, loaded."""
    from tasks.providers.local_model.load import load

    return load(find_folders(str(random_folder)), "cpu")
