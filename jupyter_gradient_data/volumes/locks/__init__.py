"""The lock of a notebook or script compared with the data that is here: checked, brought back, proved."""
