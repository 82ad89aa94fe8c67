/**
 * The lock as a notebook keeps it: `{"gradient": {"lock": {"format": 1, "changes": 3, "datasets": […]}}}` in its metadata.
 *
 * Where nobody was there to write that, such as when it was executed by nbconvert, the lock is in the state of a hidden
 * widget. `changes` counts how often the lock was changed, so that the later one of both is known.
 */

import type { LockEntry } from '../api/types';

/** Keys of the notebook's metadata. */
export const KEY = 'gradient';
export const WIDGETS = 'widgets';

const FORMAT = 1;
const LATEST = 'latest';
const WIDGET_STATES = 'application/vnd.jupyter.widget-state+json';
const WIDGET_STATE = 'gradient_lock';

/** What is kept, with all that a later version of us has put beside it. */
export interface ILock {
  format: number;
  changes?: number;
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

/** The lock of a notebook by what its metadata has under `KEY` and `WIDGETS`: the later one. */
export function findLock(held: unknown, widgets: unknown): ILock | null {
  const own = isFields(held) ? [parseLock(held.lock)] : [];
  const found = [...own, ...locksOfWidgets(widgets)].filter(lock => lock !== null);
  return found.reduce<ILock | null>(
    (best, lock) => (best !== null && changesOf(best) >= changesOf(lock) ? best : lock),
    null
  );
}

/** What to keep under `KEY` instead of `held`; other things there stay. */
export function withLock(held: unknown, lock: ILock): Fields {
  return { ...(isFields(held) ? held : {}), lock };
}

/** The same lock, changed to have other entries. */
export function replaced(lock: ILock | null, datasets: LockEntry[]): ILock {
  return { ...(lock ?? { format: FORMAT }), changes: changesOf(lock) + 1, datasets };
}

/** The first entries, and those of the second that are about something else. */
export function joined(first: LockEntry[], second: LockEntry[]): LockEntry[] {
  const known = new Set(first.map(keyOf));
  return [...first, ...second.filter(entry => !known.has(keyOf(entry)))];
}

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function changesOf(lock: ILock | null): number {
  return typeof lock?.changes === 'number' ? lock.changes : 0;
}

/** What an entry is about: dataset, version part and mount. */
function keyOf({ dataset, reference, path }: LockEntry): string {
  const selector = reference.split(':')[1] ?? LATEST;
  return JSON.stringify([dataset, selector, path]);
}

function locksOfWidgets(widgets: unknown): (ILock | null)[] {
  const saved = isFields(widgets) ? widgets[WIDGET_STATES] : undefined;
  const states = isFields(saved) && isFields(saved.state) ? Object.values(saved.state) : [];
  return states.map(model =>
    isFields(model) && isFields(model.state) ? parseLock(model.state[WIDGET_STATE]) : null
  );
}

function isEntry(value: unknown): value is LockEntry {
  return (
    isFields(value) &&
    TEXTS.every(name => typeof value[name] === 'string' && value[name] !== '') &&
    NUMBERS.every(name => typeof value[name] === 'number') &&
    (value.path === null || typeof value.path === 'string')
  );
}
