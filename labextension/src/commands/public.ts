/** Commands about public datasets, and about the workspace. */

import type { PublicDataset, Workspace } from '../api/types';
import { findKernelPath } from '../data/paths';
import { bytes } from '../format';
import { CommandIDs } from '../tokens';
import { watching } from './mounting';
import type { IOutcome } from './notify';
import { add, row, text, type Args, type IScope } from './registry';

export function addPublicCommands(scope: IScope): void {
  const { app } = scope;
  const { client, commands, trans } = app;
  const { volumes } = client;

  /** The public dataset a command is about; null when the user cancelled. */
  const publicOf = async (
    args: Args,
    title: string,
    isWanted: (dataset: PublicDataset) => boolean
  ): Promise<PublicDataset | null> => {
    let name: string | null = text(args, 'public') ?? row(scope, args).public ?? null;
    if (name === null) {
      const { pickName } = await import('../dialogs/pickName');
      const found = (await volumes.listPublic()).filter(isWanted);
      name = await pickName(app, {
        title,
        label: trans.__('Public dataset'),
        options: found.map(one => ({ value: one.name, label: one.title || one.name })),
        none: [trans.__('There is no such public dataset.'), '']
      });
    }
    return name === null ? null : volumes.getPublic(name);
  };
  const isHere = ({ state }: PublicDataset): boolean => state === 'present' || state === 'partial';
  const rowIsHere = (args: Args): boolean =>
    ['present', 'partial', undefined].includes(row(scope, args).state);
  const rowIsCatalogued = (args: Args): boolean => row(scope, args).source !== 'folder';

  add(scope, CommandIDs.openPublic, {
    label: trans.__('Show Files'),
    caption: trans.__('Open a public dataset in a file browser'),
    args: ['public', 'inContext'],
    isInPalette: false,
    isEnabled: rowIsHere,
    execute: async args => {
      const dataset = await publicOf(args, trans.__('Open a Public Dataset'), isHere);
      if (dataset !== null) {
        await commands.execute(CommandIDs.browseStorage, { path: `public/${dataset.name}` });
      }
    }
  });

  add(scope, CommandIDs.fetchPublic, {
    label: ({ inContext }) => (inContext ? trans.__('Fetch…') : trans.__('Fetch Public Dataset…')),
    caption: trans.__('Bring a public dataset to /datasets'),
    args: ['public', 'inContext'],
    isEnabled: args => ['absent', 'partial', undefined].includes(row(scope, args).state),
    execute: async args => {
      const title = trans.__('Fetch a Public Dataset');
      const dataset = await publicOf(args, title, ({ state }) => state !== 'present');
      if (dataset === null) {
        return;
      }
      const { fetchPublic } = await import('../dialogs/fetchPublic');
      const task = await fetchPublic(app, dataset);
      if (task === null) {
        return;
      }
      const name = dataset.title || dataset.name;
      const words = trans.__('Fetching “%1”', name);
      await watching<PublicDataset>(
        app,
        words,
        async () => task,
        async fetched => {
          const path = await findKernelPath(client, fetched);
          return { type: 'success', message: trans.__('“%1” is at %2.', name, path) };
        }
      );
    }
  });

  add(scope, CommandIDs.aboutPublic, {
    label: trans.__('About It…'),
    caption: trans.__('Show what a public dataset is, its licence and its files'),
    args: ['public', 'inContext'],
    isInPalette: false,
    execute: async args => {
      const dataset = await publicOf(args, trans.__('About a Public Dataset'), () => true);
      if (dataset !== null) {
        const { aboutPublic } = await import('../dialogs/aboutPublic');
        await aboutPublic(app, dataset);
      }
    }
  });

  add(scope, CommandIDs.verifyPublic, {
    label: ({ inContext }) => (inContext ? trans.__('Verify') : trans.__('Verify Public Dataset')),
    caption: trans.__('Check the files of a public dataset against the hashes of the catalogue'),
    args: ['public', 'inContext'],
    isEnabled: args => rowIsHere(args) && rowIsCatalogued(args),
    execute: async args => {
      const title = trans.__('Verify a Public Dataset');
      const dataset = await publicOf(args, title, isHere);
      if (dataset !== null) {
        const name = dataset.title || dataset.name;
        const words = trans.__('Verifying “%1”', name);
        const begin = () => volumes.verifyPublic(dataset.name);
        await watching<PublicDataset>(app, words, begin, ({ state }) =>
          state === dataset.state
            ? {
                type: 'success',
                message: trans.__('All files of “%1” are as they should be.', name)
              }
            : {
                type: 'warning',
                message: trans.__('Damaged files of “%1” were removed. Fetch it again.', name)
              }
        );
      }
    }
  });

  add(scope, CommandIDs.removePublic, {
    label: ({ inContext }) =>
      inContext ? trans.__('Remove…') : trans.__('Remove Public Dataset…'),
    caption: trans.__('Remove what was fetched of a public dataset'),
    args: ['public', 'inContext'],
    isEnabled: args => rowIsHere(args) && rowIsCatalogued(args),
    execute: async args => {
      const title = trans.__('Remove a Public Dataset');
      const dataset = await publicOf(args, title, isHere);
      if (dataset === null) {
        return false;
      }
      const size = dataset.files.reduce(
        (sum, one) => sum + (one.is_present ? (one.bytes ?? 0) : 0),
        0
      );
      const { confirm } = await import('../dialogs/confirm');
      return confirm(app, {
        title: trans.__('Remove “%1”?', dataset.title || dataset.name),
        accept: trans.__('Remove'),
        words: [
          trans.__('It is taken away from %1 for everybody who uses this server.', dataset.path),
          size > 0
            ? trans.__('About %1 become free; it can be fetched again.', bytes(size))
            : trans.__('It can be fetched again.')
        ],
        submit: () => volumes.removePublic(dataset.name)
      });
    }
  });

  addWorkspaceCommands(scope);
}

function addWorkspaceCommands(scope: IScope): void {
  const { app } = scope;
  const { client, trans } = app;
  const { volumes } = client;
  const end = ({ commit, notes }: Workspace): IOutcome => ({
    type: notes.length > 0 ? 'warning' : 'success',
    message: [
      trans.__('The workspace is up to date, at %1.', commit?.slice(0, 7) ?? '–'),
      ...notes
    ].join(' ')
  });

  add(scope, CommandIDs.setWorkspace, {
    label: trans.__('Set Workspace Repository…'),
    caption: trans.__('Clone a Git repository into /notebook, and keep it up to date'),
    execute: async () => {
      const { askRepository } = await import('../dialogs/workspace');
      const task = await askRepository(app, await volumes.getWorkspace());
      if (task !== null) {
        await watching<Workspace>(app, trans.__('Updating the workspace'), async () => task, end);
      }
    }
  });

  add(scope, CommandIDs.updateWorkspace, {
    label: trans.__('Update Workspace'),
    caption: trans.__('Merge what is new in the repository into /notebook'),
    execute: () =>
      watching<Workspace>(
        app,
        trans.__('Updating the workspace'),
        () => volumes.updateWorkspace(),
        end
      )
  });
}
