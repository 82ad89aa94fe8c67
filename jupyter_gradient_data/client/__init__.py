"""What Python code has: handles on datasets and versions, and the memory of which data was used.

Notebooks and scripts import it through the package itself; magics, widgets and fsspec are built on it.
"""
