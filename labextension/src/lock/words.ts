/** Entries of a lock in words. */

import type { LockCheck, LockEntry, LockReport } from '../api/types';
import { bytes, files } from '../format';
import type { TranslationBundle } from '@jupyterlab/translation';

const MOST_NAMED = 3;

/** The part of a reference after the colon: what was asked for. */
export function selectorOf({ reference }: LockEntry): string {
  const [, selector] = reference.split(':');
  return selector || 'latest';
}

/** What was asked for, with the dataset by its name: `flowers:latest`. */
export function nameOf(entry: LockEntry): string {
  return `${entry.dataset_name}:${selectorOf(entry)}`;
}

/** What tells an entry from the others of its lock. */
export function keyOf({ reference, path }: LockEntry): string {
  return `${reference} ${path ?? ''}`;
}

/** Whether two entries came of the same reference, however it was written. */
export function isSame(one: LockEntry, other: LockEntry): boolean {
  return one.dataset === other.dataset && selectorOf(one) === selectorOf(other);
}

/** `flowers:latest (klfoyy9)`. */
export function versionedName(entry: LockEntry): string {
  const name = nameOf(entry);
  return selectorOf(entry) === entry.version ? name : `${name} (${entry.version})`;
}

/** The first of some, and how many more there are. */
export function listed(entries: readonly LockEntry[], trans: TranslationBundle): string {
  const names = [...new Set(entries.map(versionedName))];
  const shown = names.slice(0, MOST_NAMED).join(', ');
  const more = names.length - MOST_NAMED;
  return more > 0 ? trans._n('%2 and %1 more', '%2 and %1 more', more, shown) : shown;
}

/** Those that are not as they were. */
export function missingOf(checks: readonly LockCheck[]): LockCheck[] {
  return checks.filter(({ state }) => state !== 'ready');
}

/** What proving the lock has found, in a sentence. */
export function reportWords(report: LockReport, trans: TranslationBundle): string {
  const { files: read, bytes_read: size, problems } = report;
  const looked = `${files(read, trans)}, ${bytes(size)}`;
  return problems.length === 0
    ? trans.__('Exactly the data of the lock: %1 read.', looked)
    : trans._n(
        'Not the data of the lock: %1 problem in %2.',
        'Not the data of the lock: %1 problems in %2.',
        problems.length,
        looked
      );
}
