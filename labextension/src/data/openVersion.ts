/** The version that files go to. */

import type { Client, IVersionRef } from '../api/client';

/** Instead of an id: one that is to be made. */
export const NEW = 'new';

/** An uncommitted version. */
export interface IOpenVersion extends IVersionRef {
  /** Whether it was made just now, from the latest committed version if there is one. */
  isNew: boolean;
}

/** The chosen uncommitted version, or the newest, or a new one; `chosen` is its id, `NEW`, or nothing. */
export async function openVersion(
  client: Client,
  dataset: string,
  chosen?: string
): Promise<IOpenVersion> {
  const versions = await client.listVersions(dataset);
  const open = versions.find(
    ({ state, version }) => state === 'uncommitted' && (!chosen || version === chosen)
  );
  if (open && chosen !== NEW) {
    return { dataset, version: open.version, isNew: false };
  }
  const latest = versions.find(({ state }) => state === 'committed');
  const start = latest ? `${dataset}:${latest.version}` : null;
  const { version } = await client.createVersion(dataset, '', start);
  return { dataset, version, isNew: true };
}
