/** Commands about storage providers, the storage folder, and what is shown. */

import { refreshIcon } from '@jupyterlab/ui-components';
import { refresh } from '../data/live';
import { CommandIDs } from '../tokens';
import { doing } from './notify';
import { add, row, text, type Args, type IScope } from './registry';

export function addPlaceCommands(scope: IScope): void {
  const { app } = scope;
  const { client, trans } = app;

  const providerOf = (args: Args): string | undefined =>
    text(args, 'provider') ?? row(scope, args).provider;

  add(scope, CommandIDs.addProvider, {
    label: trans.__('Add Storage Provider…'),
    caption: trans.__('Keep datasets in a bucket at DigitalOcean Spaces, AWS S3 or the like'),
    execute: async () => {
      const { addProvider } = await import('../dialogs/addProvider');
      return addProvider(app);
    }
  });

  add(scope, CommandIDs.checkProvider, {
    label: trans.__('Check'),
    caption: trans.__('Try whether a storage provider does all that is needed'),
    args: ['provider', 'inContext'],
    isInPalette: false,
    execute: async args => {
      const provider = providerOf(args);
      if (provider) {
        await doing(app, trans.__('Checking the storage provider…'), async ({ signal }) => {
          const { ok, summary } = await client.checkProvider(provider, signal);
          return { type: ok ? 'success' : 'warning', message: summary };
        });
      }
    }
  });

  add(scope, CommandIDs.removeProvider, {
    label: trans.__('Remove…'),
    caption: trans.__('Forget a storage provider that holds no datasets'),
    args: ['provider', 'inContext'],
    isInPalette: false,
    isEnabled: args => row(scope, args).kind !== 'managed',
    execute: async args => {
      const provider = providerOf(args);
      if (!provider) {
        return false;
      }
      const { removeProvider } = await import('../dialogs/removeProvider');
      return removeProvider(app, provider);
    }
  });

  add(scope, CommandIDs.refresh, {
    label: trans.__('Refresh Datasets'),
    caption: trans.__('Ask the server again for all that is shown'),
    icon: refreshIcon,
    execute: () => {
      app.connection.refresh();
      refresh(null);
    }
  });
}
