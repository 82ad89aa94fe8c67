"""Widgets: datasets by mouse and keyboard inside a notebook, made of ipywidgets' core widgets alone."""

from __future__ import annotations

from .browser import DatasetBrowser
from .diff import VersionDiff
from .picker import DatasetPicker
from .progress import ProgressDisplay
from .upload import UploadWidget

__all__ = ["DatasetBrowser", "DatasetPicker", "ProgressDisplay", "UploadWidget", "VersionDiff"]
