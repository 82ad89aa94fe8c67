/** How versions are named where one is chosen, and the one that files go to. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Version } from '../api/types';
import { ago } from '../format';
import type { IGradientData } from '../tokens';

/** Instead of an id: one that is to be made. */
export const NEW = 'new';

/** `mkl7cw2 · production · More roses · 3 hours ago` */
export function versionLabel(version: Version, trans: TranslationBundle): string {
  const { committed, created, message, state, tags } = version;
  const parts = [
    version.version,
    state === 'committed' ? tags.join(', ') : trans.__('uncommitted'),
    message.split('\n')[0],
    ago(committed ?? created)
  ];
  return parts.filter(Boolean).join(' · ');
}

/**
 * An uncommitted version: the chosen one, or the newest, or one that is made from the latest.
 *
 * `chosen`: its id, or `NEW`; empty for the newest. Resolves to its id.
 */
export async function openVersion(
  { client }: IGradientData,
  dataset: string,
  latest: string | null,
  chosen: string
): Promise<string> {
  if (chosen !== NEW) {
    const versions = await client.listVersions(dataset);
    const open = versions.find(
      ({ state, version }) => state === 'uncommitted' && (!chosen || version === chosen)
    );
    if (open) {
      return open.version;
    }
  }
  const start = latest && `${dataset}:${latest}`;
  return (await client.createVersion(dataset, '', start)).version;
}
