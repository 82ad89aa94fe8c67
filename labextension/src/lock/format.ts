/** The lock as a notebook keeps it: `{"gradient": {"lock": {"format": 1, "datasets": […]}}}` in its metadata. */

import type { LockEntry } from '../api/types';

/** Key of the notebook's metadata. */
export const KEY = 'gradient';

const FORMAT = 1;

/** What is kept, with all that a later version of us has put beside it. */
export interface ILock {
  format: number;
  datasets: LockEntry[];
}

type Fields = Record<string, unknown>;

const TEXTS = ['reference', 'dataset', 'dataset_name', 'version', 'root'] as const;
const NUMBERS = ['files', 'bytes'] as const;

/** A lock of the format that we know; null when it is something else. */
export function parseLock(value: unknown): ILock | null {
  if (!isFields(value) || value.format !== FORMAT || !Array.isArray(value.datasets)) {
    return null;
  }
  return value.datasets.every(isEntry) ? (value as unknown as ILock) : null;
}

/** The lock in what a notebook has under `KEY`. */
export function lockIn(held: unknown): ILock | null {
  return isFields(held) ? parseLock(held.lock) : null;
}

/** What to keep under `KEY` instead of `held`: other things there stay; undefined when nothing is left. */
export function withLock(held: unknown, lock: ILock): Fields | undefined {
  const others = isFields(held) ? { ...held } : {};
  delete others.lock;
  if (lock.datasets.length > 0) {
    return { ...others, lock };
  }
  return Object.keys(others).length > 0 ? others : undefined;
}

/** The same lock with other entries. */
export function replaced(lock: ILock | null, datasets: LockEntry[]): ILock {
  return { ...(lock ?? { format: FORMAT }), datasets };
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isEntry(value: unknown): value is LockEntry {
  return (
    isFields(value) &&
    TEXTS.every(name => typeof value[name] === 'string' && value[name] !== '') &&
    NUMBERS.every(name => typeof value[name] === 'number') &&
    (value.path === null || typeof value.path === 'string')
  );
}
