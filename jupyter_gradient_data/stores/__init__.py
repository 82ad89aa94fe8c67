"""Object stores and the metadata database: the only code that talks to disks, buckets and SQL."""
