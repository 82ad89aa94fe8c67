"""Datasets, versions, trees, tags and files, on top of content-addressed blobs."""
