"""The memory of a notebook or script: which data it used, so that it means the same again next month."""
