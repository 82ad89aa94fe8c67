/** Asks for one of the versions of a dataset. */

import React from 'react';
import { ApiError } from '../api/request';
import type { Version } from '../api/types';
import type { IGradientData } from '../tokens';
import { SelectField } from './fields';
import { showForm } from './formDialog';
import { versionLabel } from './versions';

/** Which version? Not asked when there is only one; resolves to its id. */
export async function pickVersion(
  app: IGradientData,
  dataset: string,
  title: string,
  isWanted: (version: Version) => boolean
): Promise<string | null> {
  const { client, trans } = app;
  const versions = (await client.listVersions(dataset)).filter(isWanted);
  if (versions.length === 0) {
    const message = trans.__('This dataset has no such version.');
    throw new ApiError('no_version', message, trans.__('Start a new version first.'), 0);
  }
  if (versions.length === 1) {
    return versions[0].version;
  }
  return showForm<{ version: string }, string>(app, {
    title,
    accept: trans.__('Select'),
    initial: { version: versions[0].version },
    fields: ({ values, set }) => (
      <SelectField
        label={trans.__('Version')}
        value={values.version}
        options={versions.map(one => ({ value: one.version, label: versionLabel(one, trans) }))}
        onChange={version => set({ version })}
      />
    ),
    submit: async ({ version }) => version
  });
}
