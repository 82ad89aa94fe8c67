"""Directories with fixed paths in kernels: the volumes, mounts of dataset versions, their cache, the workspace."""
