"""``python -m jupyter_gradient_data.cli``: the ``gradient`` command where its script is not on the path."""

from .main import main

main()
