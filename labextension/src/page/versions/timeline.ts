/** What the timeline of versions says, apart from how it is drawn. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { parseReference, type IVersionRef } from '../../api/client';
import type { ChangeSummary, Version } from '../../api/types';
import { bytes, count } from '../../format';

export function refOf({ dataset, version }: Version): IVersionRef {
  return { dataset, version };
}

/** The version it started from, if that is one of the same dataset. */
export function parentOf({ dataset, parent }: Version): string | null {
  const ref = parent === null ? null : parseReference(parent);
  return ref?.dataset === dataset ? ref.version : null;
}

export function isCommitted(version: Version): boolean {
  return version.state === 'committed';
}

/** Versions as the timeline has them: uncommitted ones on top, then by the time of their commit. */
export function sortVersions(versions: readonly Version[]): Version[] {
  const time = ({ committed, created }: Version): string => committed ?? created;
  return [...versions].sort((a, b) => {
    const byState = Number(isCommitted(a)) - Number(isCommitted(b));
    return byState || time(b).localeCompare(time(a));
  });
}

/** Whether id, message, author or a tag of a version has these words. */
export function matches(version: Version, words: string): boolean {
  const { version: id, message, author, tags } = version;
  const text = [id, message, author, ...tags].join('\n').toLocaleLowerCase();
  return words
    .toLocaleLowerCase()
    .split(/\s+/)
    .every(word => text.includes(word));
}

/** `+12 −3 ~4 files, +3.1 MB`: what a glance takes in. */
export function shortChanges(changes: ChangeSummary, trans: TranslationBundle): string {
  const { added, removed, changed, bytes_added, bytes_removed } = changes;
  const counts = [
    added ? `+${count(added)}` : '',
    removed ? `−${count(removed)}` : '',
    changed ? `~${count(changed)}` : ''
  ].filter(Boolean);
  if (counts.length === 0) {
    return trans.__('no changes');
  }
  const grown = bytes_added - bytes_removed;
  const sign = grown < 0 ? '−' : '+';
  const total = added + removed + changed;
  return trans._n(
    '%2 file, %3%4',
    '%2 files, %3%4',
    total,
    counts.join(' '),
    sign,
    bytes(Math.abs(grown))
  );
}

/** The same in words, for screen readers and the tooltip. */
export function longChanges(changes: ChangeSummary, trans: TranslationBundle): string {
  const { added, removed, changed, bytes_added, bytes_removed } = changes;
  const grown = bytes_added - bytes_removed;
  const parts = [
    added ? trans._n('%2 file added', '%2 files added', added, count(added)) : '',
    removed ? trans._n('%2 file removed', '%2 files removed', removed, count(removed)) : '',
    changed ? trans._n('%2 file changed', '%2 files changed', changed, count(changed)) : ''
  ].filter(Boolean);
  if (parts.length === 0) {
    return trans.__('No file differs.');
  }
  const size = bytes(Math.abs(grown));
  parts.push(grown < 0 ? trans.__('%1 less', size) : trans.__('%1 more', size));
  return parts.join(', ');
}
