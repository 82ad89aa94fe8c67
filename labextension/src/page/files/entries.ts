/** Files as entries of a version: with these a deleted file is put back, without sending its content again. */

import { versionPath, type Client, type IVersionRef } from '../../api/client';
import { ApiError, send } from '../../api/request';
import type { IRow } from './rows';

/** Path and hash are bytes; see `server/transfer.py`. */
export type Entry = [path: Uint8Array, size: number, hash: Uint8Array, isExecutable: boolean];

const PORTION = 1_900; // with the longest paths there are, still less than the server takes at once

/** All files of rows and of the folders among them; null when they are more than `most`. */
export async function readEntries(
  client: Client,
  ref: IVersionRef,
  rows: readonly IRow[],
  most: number
): Promise<Entry[] | null> {
  const found = rows.filter(row => !row.isFolder).map(toEntry);
  for (const { path } of rows.filter(row => row.isFolder)) {
    if (found.length > most) {
      return null;
    }
    const { decode } = await import('@msgpack/msgpack');
    // Files below `a/` are those from `a/` to before `a0`: `0` follows the slash.
    const query = { start: path, end: `${path.slice(0, -1)}0`, limit: most + 1 - found.length };
    const answer = await send(client.settings, `${versionPath(ref)}/entries`, { query });
    found.push(...(decode(new Uint8Array(await answer.arrayBuffer())) as Entry[]));
  }
  return found.length > most ? null : found;
}

/**
 * Put files into a version whose content the store has.
 *
 * @throws ApiError - The content of some is gone.
 */
export async function stageEntries(
  client: Client,
  ref: IVersionRef,
  entries: readonly Entry[]
): Promise<void> {
  const { encode } = await import('@msgpack/msgpack');
  let missing = 0;
  for (let start = 0; start < entries.length; start += PORTION) {
    const portion = entries.slice(start, start + PORTION);
    const answer = await send(client.settings, `${versionPath(ref)}/stage`, {
      method: 'POST',
      body: encode({ entries: portion, is_new: false }),
      headers: { 'Content-Type': 'application/msgpack' }
    });
    missing += ((await answer.json()) as number[]).length;
  }
  if (missing > 0) {
    const message = `${missing} of ${entries.length} files could not be put back.`;
    throw new ApiError('content_gone', message, 'Their content is gone: upload them again.', 0);
  }
}

function toEntry({ path, size, hash, isExecutable }: IRow): Entry {
  const digits = hash.match(/../g) ?? [];
  const bytes = Uint8Array.from(digits, pair => parseInt(pair, 16));
  return [new TextEncoder().encode(path), size, bytes, isExecutable];
}
