/** Asks before a storage provider is removed; the server refuses while it holds datasets, and says so. */

import React from 'react';
import type { IGradientData } from '../tokens';
import { showForm } from './formDialog';

/** `provider`: its id. Resolves to whether it was removed. */
export async function removeProvider(app: IGradientData, provider: string): Promise<boolean> {
  const { client, trans } = app;
  const found = (await client.listProviders()).find(({ id }) => id === provider);
  const isDone = await showForm<object, true>(app, {
    title: trans.__('Remove Storage Provider “%1”?', found?.name ?? provider),
    accept: trans.__('Remove'),
    isDangerous: true,
    initial: {},
    fields: () => (
      <p>
        {trans.__(
          'Its keys are forgotten here. The bucket “%1” and what is in it stay as they are.',
          found?.s3?.bucket ?? ''
        )}
      </p>
    ),
    submit: async () => {
      await client.deleteProvider(provider);
      return true;
    }
  });
  return isDone === true;
}
