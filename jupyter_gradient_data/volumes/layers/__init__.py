"""Writable mounts: a layer over a version, and how it becomes the next one."""
