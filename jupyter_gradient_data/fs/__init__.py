"""``gradient://`` paths: datasets as a file system of fsspec, for pandas, pyarrow, polars, DuckDB, xarray, zarr, UPath.

`filesystem.GradientFileSystem` is what fsspec finds by the entry point; `writing` has its half that writes, `writers`
the files that it opens for that.  `trees` knows what is in a version, `contents` brings bytes, from `pages` of what was
read before where they are.
"""
