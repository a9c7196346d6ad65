"""Rows of a Parquet file, read in small batches."""

from collections.abc import Callable, Iterator
from typing import cast

from tasks.sources.errors import SourceError
from tasks.sources.formats.characters import replace_within
from tasks.sources.intake import Row

BATCH_ROWS = 128
BUFFER_BYTES = 1 << 15


def read_parquet(path: str, count: Callable[[int], None]) -> Iterator[Row]:
    """Read the rows; the line of a row is its number.

    Raises:
        SourceError: The file is damaged.
    """
    import pyarrow as pa  # lazily: slow to import
    from pyarrow import parquet

    number, pool = 0, pa.default_memory_pool()
    pa.set_memory_pool(pa.system_memory_pool())  # the usual one keeps what it freed
    try:
        with parquet.ParquetFile(path, buffer_size=BUFFER_BYTES, pre_buffer=False) as file:
            for batch in file.iter_batches(batch_size=BATCH_ROWS, use_threads=False):  # pyright: ignore[reportUnknownMemberType]
                for values in batch.to_pylist():
                    number += 1
                    yield Row(number, number, cast("dict[str, object]", replace_within(values, count)))
    except (pa.ArrowException, OSError) as error:
        raise SourceError(f"{path}: not a readable Parquet file: {str(error).splitlines()[0]}") from error
    finally:
        pa.set_memory_pool(pool)
