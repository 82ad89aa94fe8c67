"""Front end: the Jupyter server extension."""
