/** Which version a page shows. */

import type { Dataset, Version } from '../api/types';
import { useVersions, type Live } from '../data/live';

/** The newest committed version. */
export function latestOf(versions: readonly Version[]): Version | null {
  const when = ({ committed }: Version): string => committed ?? '';
  return versions
    .filter(({ state }) => state === 'committed')
    .reduce<Version | null>((a, b) => (a === null || when(b) > when(a) ? b : a), null);
}

/** What is shown when nothing else was asked for: work that goes on, otherwise what is newest. */
export function defaultVersion(versions: readonly Version[]): string {
  const since = latestOf(versions)?.created ?? '';
  const work = versions
    .filter(({ state, created }) => state !== 'committed' && created > since)
    .reduce<Version | null>((a, b) => (a === null || b.created > a.created ? b : a), null);
  return work?.version ?? 'latest';
}

/** The version that an id, tag or `latest` means now. */
export function findVersion(versions: readonly Version[], wanted: string): Version | null {
  return wanted === 'latest'
    ? latestOf(versions)
    : (versions.find(one => one.version === wanted) ??
        versions.find(one => one.tags.includes(wanted)) ??
        null);
}

export interface IShownVersion {
  live: Live<Version[]>;
  /** Version id, tag or `latest`. */
  value: string;
  /** What that means now; null when there is no such version, or none is known yet. */
  version: Version | null;
}

export function useShownVersion(dataset: Dataset, wanted: string | undefined): IShownVersion {
  const live = useVersions(dataset.id);
  const versions = live.data ?? [];
  const value = wanted ?? defaultVersion(versions);
  return { live, value, version: findVersion(versions, value) };
}
