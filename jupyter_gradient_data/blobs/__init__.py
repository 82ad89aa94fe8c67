"""Content-addressed bytes: hashing, packs, the blob index and the store that puts them together."""
