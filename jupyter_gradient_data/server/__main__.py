"""``python -m jupyter_gradient_data.server``: a Jupyter server with this extension, and help of its settings."""

from .extension import GradientData

GradientData.launch_instance()  # type: ignore[no-untyped-call]
