"""Dataset versions, public datasets and buckets under ``/inputs`` and ``/datasets``."""
