/** What a changed file holds, before and after. */

import type { Client, IVersionRef } from '../../api/client';
import type { Change } from '../../api/types';
import type { Report } from './useWork';

/** A changed file, with the versions of it. */
export interface IChanged {
  change: Change;
  old: IVersionRef;
  new: IVersionRef;
}

/** Null where the file is not. */
interface IContents {
  old: Uint8Array | null;
  new: Uint8Array | null;
}

export async function readContents(
  client: Client,
  { change, old, new: now }: IChanged,
  signal: AbortSignal,
  report: Report
): Promise<IContents> {
  const sizes = { old: change.old_size, new: change.new_size };
  const total = (sizes.old ?? 0) + (sizes.new ?? 0);
  const arrived = { old: 0, new: 0 };
  const read = (side: 'old' | 'new', ref: IVersionRef): Promise<Uint8Array> | null =>
    sizes[side] === null
      ? null
      : client.readBytes(ref, change.path, signal, bytes => {
          arrived[side] = bytes;
          report((arrived.old + arrived.new) / Math.max(1, total));
        });
  const [before, after] = await Promise.all([read('old', old), read('new', now)]);
  return { old: before, new: after };
}

/** The larger of the two sizes. */
export function largestOf({ old_size, new_size }: Change): number {
  return Math.max(old_size ?? 0, new_size ?? 0);
}
