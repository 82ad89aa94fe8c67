"""What people read and write with: pandas, pyarrow, polars, DuckDB, xarray and zarr, over gradient:// paths."""

from __future__ import annotations

from typing import Any

import fsspec
import pandas as pd
import pyarrow as pa
import pyarrow.dataset
import pyarrow.parquet
import pytest
from pyarrow.fs import FSSpecHandler, PyFileSystem

from .conftest import World

COLUMNS = 20
ROWS = 100_000


@pytest.fixture(scope="module")
def tables(bucket: World) -> str:
    """A dataset with CSV and Parquet, written by pandas into an uncommitted version, then committed."""
    draft = bucket.draft()
    options: dict[str, Any] = {"storage_options": bucket.options}
    frame = pd.DataFrame({"city": ["Oslo", "Bergen", "Rome"], "year": [2020, 2021, 2022]})
    frame.to_csv(f"gradient://{draft}/cities.csv", index=False, **options)
    for year, part in frame.groupby("year"):
        part[["city"]].to_parquet(f"gradient://{draft}/parts/year={year}/part.parquet", index=False, **options)
    wide = pa.table({f"c{number}": pa.array(range(number, ROWS + number)) for number in range(COLUMNS)})
    with fsspec.open(f"gradient://{draft}/wide.parquet", "wb", **bucket.options) as file:
        pa.parquet.write_table(wide, file, compression="none", use_dictionary=False)
    bucket.service.commit_version(draft).result()
    bucket.forget()
    return draft


def test_pandas(bucket: World, tables: str) -> None:
    options: dict[str, Any] = {"storage_options": bucket.options}
    name = tables.partition(":")[0]
    found = pd.read_csv(f"gradient://{name}:latest/cities.csv", **options)
    assert found["city"].tolist() == ["Oslo", "Bergen", "Rome"]
    assert pd.read_parquet(f"gradient://{tables}/parts/year=2021/part.parquet", **options)["city"].tolist() == [
        "Bergen"
    ]
    assert pd.read_parquet(f"gradient://{tables}/parts", **options)["city"].tolist() == ["Oslo", "Bergen", "Rome"]
    with pytest.raises(FileNotFoundError, match=r"There is no file or folder nothing\.csv") as caught:
        pd.read_csv(f"gradient://{tables}/nothing.csv", **options)
    shown = caught.value._render_traceback_()  # type: ignore[attr-defined]  # by notebooks: no line of pandas
    assert [line.partition(", line")[0].strip() for line in shown[2:]] == [__file__]
    with pytest.raises(PermissionError, match="is committed and cannot change"):
        found.to_csv(f"gradient://{tables}/new.csv", **options)


def test_a_pyarrow_dataset_over_many_files(bucket: World, tables: str) -> None:
    files = PyFileSystem(FSSpecHandler(bucket.fs()))
    found = pa.dataset.dataset(f"{tables}/parts", filesystem=files, format="parquet", partitioning="hive")
    assert len(found.files) == 3
    assert found.to_table(filter=pa.dataset.field("year") > 2020)["city"].to_pylist() == ["Bergen", "Rome"]
    draft = bucket.draft()
    pa.dataset.write_dataset(found, f"{draft}/copy", filesystem=files, format="parquet")
    assert pa.dataset.dataset(f"{draft}/copy", filesystem=files).count_rows() == 3


def test_one_column_is_a_small_part(bucket: World, tables: str) -> None:
    fs = bucket.fs()
    size = fs.info(f"{tables}/wide.parquet")["size"]
    before = fs.session.service.stats()["bytes_in"]
    frame = pd.read_parquet(f"gradient://{tables}/wide.parquet", columns=["c7"], filesystem=fs)
    assert frame["c7"].sum() == sum(range(7, ROWS + 7))
    fetched = fs.session.service.stats()["bytes_in"] - before
    assert size / COLUMNS / 2 < fetched < size / COLUMNS * 2
    again = pd.read_parquet(f"gradient://{tables}/wide.parquet", columns=["c7"], filesystem=bucket.fs())
    assert again.equals(frame)
    assert fs.session.service.stats()["bytes_in"] - before == fetched  # it was kept


def test_polars(bucket: World, tables: str) -> None:
    import polars as pl

    with fsspec.open(f"gradient://{tables}/cities.csv", **bucket.options) as file:
        assert pl.read_csv(file)["city"].to_list() == ["Oslo", "Bergen", "Rome"]
    files = PyFileSystem(FSSpecHandler(bucket.fs()))
    found = pa.dataset.dataset(f"{tables}/parts", filesystem=files, partitioning="hive")
    assert pl.scan_pyarrow_dataset(found).filter(pl.col("year") == 2022).collect()["city"].to_list() == ["Rome"]


def test_duckdb(bucket: World, tables: str) -> None:
    import duckdb

    with duckdb.connect() as connection:
        connection.register_filesystem(bucket.fs())
        query = "SELECT city FROM 'gradient://{0}/parts/*/*.parquet' WHERE year > 2020 ORDER BY city"
        assert connection.sql(query.format(tables)).fetchall() == [("Bergen",), ("Rome",)]
        assert connection.sql(f"SELECT count(*) FROM 'gradient://{tables}/cities.csv'").fetchall() == [(3,)]


def test_xarray_and_zarr(bucket: World) -> None:
    import numpy as np
    import xarray as xr
    import zarr

    draft = bucket.draft()
    data = xr.Dataset({"t": (("x", "y"), np.arange(12.0).reshape(3, 4))}, coords={"x": [1, 2, 3]})
    data.to_zarr(f"gradient://{draft}/weather.zarr", storage_options=bucket.options, consolidated=False)
    bucket.service.commit_version(draft).result()
    found = xr.open_zarr(f"gradient://{draft}/weather.zarr", storage_options=bucket.options, consolidated=False)
    xr.testing.assert_identical(found.load(), data)
    group = zarr.open_group(f"gradient://{draft}/weather.zarr", mode="r", storage_options=bucket.options)
    assert group["t"][1, 2] == 6
