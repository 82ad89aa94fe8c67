/** Packs: many small files in one request; see docs/format/v1.md, "Packs". */

import { encode } from '@msgpack/msgpack';
import { HASH_SIZE } from './constants';

const MAGIC = new TextEncoder().encode('jgdpack1');
const FOOTER_ENTRY = HASH_SIZE + 4 + 4 + 1; // hash, stored length, size, encoding
const TRAILER = HASH_SIZE + 4 + MAGIC.length; // hash of the footer, its length, magic

/** A file as the server takes it: path, size, hash, and whether it is a program (no browser tells). */
export type Entry = [path: Uint8Array, size: number, hash: Uint8Array, executable: false];

/** A pack with the files that are put with it, as `POST packs` takes it. */
export type Framed = (entries: readonly Entry[]) => Uint8Array[];

/** Collects the contents of small files; one that is in already is not written twice. */
export class PackBuilder {
  /** @param room - Bytes of contents that it takes at most. */
  constructor(private _room: number) {}

  get size(): number {
    return this._size;
  }

  has(hash: Uint8Array): boolean {
    return this._blobs.has(keyOf(hash));
  }

  add(hash: Uint8Array, content: Uint8Array): void {
    const key = keyOf(hash);
    if (!this._blobs.has(key)) {
      this._data ??= new Uint8Array(this._room);
      this._data.set(content, this._size);
      this._blobs.set(key, { hash: hash.slice(), size: content.length });
      this._size += content.length;
    }
  }

  /** The pack; `hash` is BLAKE3. The builder must not be used any more. */
  async finish(hash: (data: Uint8Array) => Promise<Uint8Array>): Promise<Framed> {
    const contents = this._data?.subarray(0, this._size) ?? new Uint8Array();
    const footer = this._footer();
    const trailer = new Uint8Array(TRAILER);
    trailer.set(await hash(footer));
    new DataView(trailer.buffer).setUint32(HASH_SIZE, footer.length, true);
    trailer.set(MAGIC, HASH_SIZE + 4);
    return entries => {
      const list = encode(entries);
      const length = new Uint8Array(4);
      new DataView(length.buffer).setUint32(0, list.length, true);
      return [length, list, MAGIC, contents, footer, trailer];
    };
  }

  private _footer(): Uint8Array {
    const footer = new Uint8Array(this._blobs.size * FOOTER_ENTRY);
    const view = new DataView(footer.buffer);
    let at = 0;
    for (const { hash, size } of this._blobs.values()) {
      footer.set(hash, at);
      view.setUint32(at + HASH_SIZE, size, true);
      view.setUint32(at + HASH_SIZE + 4, size, true);
      at += FOOTER_ENTRY; // encoding 0: the content as it is
    }
    return footer;
  }

  private _blobs = new Map<string, { hash: Uint8Array; size: number }>();
  private _data: Uint8Array | null = null;
  private _size = 0;
}

function keyOf(hash: Uint8Array): string {
  return String.fromCharCode(...hash);
}
