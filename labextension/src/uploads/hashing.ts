/** Reads files and hashes them (BLAKE3); runs in a worker. */

import { createBLAKE3 } from 'hash-wasm/dist/blake3.umd.min.js';
import { HASH_SIZE } from './constants';

const PIECE = 4 * 1024 * 1024; // bytes of a large file that are read at once

/** Small files that were read: contents one after the other, hashes one after the other. */
export interface IReadFiles {
  contents: Uint8Array;
  hashes: Uint8Array;
  /** Places of those that cannot be read; their bytes in the two above mean nothing. */
  failed: number[];
}

const made = createBLAKE3();

/** The hash of bytes. */
export async function hashBytes(data: Uint8Array): Promise<Uint8Array> {
  return (await made).init().update(data).digest('binary');
}

/**
 * Read and hash small files.
 *
 * @param blob - All of them, one after the other: so the browser reads them in one go.
 * @param sizes - Their bytes.
 */
export async function readFiles(blob: Blob, sizes: readonly number[]): Promise<IReadFiles> {
  const { contents, failed } = await readAll(blob, sizes);
  const hasher = await made;
  const hashes = new Uint8Array(sizes.length * HASH_SIZE);
  let start = 0;
  sizes.forEach((size, place) => {
    const content = contents.subarray(start, start + size);
    hashes.set(hasher.init().update(content).digest('binary'), place * HASH_SIZE);
    start += size;
  });
  return { contents, hashes, failed };
}

/** The hash of a large file, in constant memory; `isStopped` is asked now and then. */
export async function hashLarge(
  file: Blob,
  onProgress: (done: number) => void,
  isStopped: () => boolean
): Promise<Uint8Array> {
  // One of its own: others use the shared one while we wait for the disk.
  const hasher = (await createBLAKE3()).init();
  const read = (start: number): Promise<ArrayBuffer> =>
    file.slice(start, start + PIECE).arrayBuffer();
  let next = read(0);
  for (let start = 0; start < file.size; start += PIECE) {
    const piece = await next;
    if (isStopped()) {
      break;
    }
    next = read(start + PIECE);
    next.catch(() => undefined); // it is awaited in the next round, if there is one
    hasher.update(new Uint8Array(piece));
    onProgress(start + piece.byteLength);
  }
  return hasher.digest('binary');
}

async function readAll(
  blob: Blob,
  sizes: readonly number[]
): Promise<{ contents: Uint8Array; failed: number[] }> {
  try {
    return { contents: new Uint8Array(await blob.arrayBuffer()), failed: [] };
  } catch {
    return readEach(blob, sizes);
  }
}

/** One by one, to find those that cannot be read. */
async function readEach(
  blob: Blob,
  sizes: readonly number[]
): Promise<{ contents: Uint8Array; failed: number[] }> {
  const contents = new Uint8Array(blob.size);
  const failed: number[] = [];
  let start = 0;
  for (const [place, size] of sizes.entries()) {
    try {
      contents.set(new Uint8Array(await blob.slice(start, start + size).arrayBuffer()), start);
    } catch {
      failed.push(place);
    }
    start += size;
  }
  return { contents, failed };
}
