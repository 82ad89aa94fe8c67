/** Sizes that the server and we agree on; see `blobs/packs.py` and `service/native.py`. */

export const HASH_SIZE = 32;
/** Files below this travel in packs. */
export const SMALL = 1024 * 1024;
/** A pack is closed when it has reached this. */
export const PACK_SIZE = 16 * 1024 * 1024;
