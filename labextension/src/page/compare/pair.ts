/** Which two versions are compared. */

import type { Version } from '../../api/types';
import { isCommitted, parentOf } from '../versions/timeline';

export interface IVersionPair {
  old: Version;
  new: Version;
}

/**
 * The versions to compare: those asked for; without, the latest and its parent.
 *
 * @param versions - As the timeline has them.
 * @param wanted - Ids or tags, or `latest`; what is undefined or gone is chosen here.
 * @returns Null when there are not two versions.
 */
export function choosePair(
  versions: readonly Version[],
  latest: string | null,
  wanted: { version?: string; old?: string }
): IVersionPair | null {
  const find = (name: string | undefined): Version | undefined =>
    versions.find(({ version }) => version === (name === 'latest' ? latest : name)) ??
    versions.find(({ tags }) => name !== undefined && tags.includes(name));
  const asked = find(wanted.version);
  const candidates = asked ? [asked] : [find('latest'), ...versions];
  for (const candidate of candidates) {
    const old = candidate && (find(wanted.old) ?? before(candidate, versions));
    if (old) {
      return { old, new: candidate };
    }
  }
  const other = versions.find(version => version !== asked);
  return asked && other ? { old: other, new: asked } : null;
}

/** What a version started from, else the committed version before it. */
function before(version: Version, versions: readonly Version[]): Version | undefined {
  const parent = parentOf(version);
  const older = versions.slice(versions.indexOf(version) + 1);
  return (
    (parent === null ? undefined : versions.find(other => other.version === parent)) ??
    older.find(isCommitted)
  );
}
