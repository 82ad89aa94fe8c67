/** Commands about a dataset as a whole. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import { copyIcon, downloadIcon, editIcon } from '@jupyterlab/ui-components';
import { datasetsIcon } from '../icons';
import { CommandIDs, type IPageState } from '../tokens';
import { add, datasetOf, row, text, type Args, type IScope } from './registry';

export function addDatasetCommands(scope: IScope): void {
  const { app } = scope;
  const { client, commands, trans } = app;
  const open = (state: IPageState): Promise<void> =>
    commands.execute(CommandIDs.open, { ...state }) as Promise<void>;
  /** In the context menu of a row: whether that dataset has a committed version. */
  const hasLatest = (args: Args): boolean => row(scope, args).latest !== '';

  add(scope, CommandIDs.newDataset, {
    label: ({ inMenu }) => (inMenu ? trans.__('Dataset') : trans.__('New Dataset')),
    caption: trans.__('Create a dataset: a folder of files with versions'),
    icon: datasetsIcon,
    execute: async () => {
      const { newDataset } = await import('../dialogs/newDataset');
      const made = await newDataset(app);
      if (made) {
        await open({ dataset: made.id, tab: 'files' });
      }
      return made;
    }
  });

  add(scope, CommandIDs.renameDataset, {
    label: ({ inContext }) => (inContext ? trans.__('Rename…') : trans.__('Rename Dataset…')),
    caption: trans.__('Give a dataset another name'),
    icon: editIcon,
    args: ['dataset', 'inContext'],
    execute: async args => {
      const title = trans.__('Rename Dataset');
      const id = await datasetOf(scope, args, title);
      if (id === null) {
        return null;
      }
      const { askName } = await import('../dialogs/rename');
      const { name } = await client.getDataset(id);
      return askName(app, {
        title,
        accept: trans.__('Rename'),
        name,
        help: trans.__('References by name have to be changed as well; its id stays.'),
        submit: wanted => client.updateDataset(id, { name: wanted })
      });
    }
  });

  add(scope, CommandIDs.deleteDataset, {
    label: ({ inContext }) =>
      inContext ? trans.__('Move to Trash…') : trans.__('Move Dataset to Trash…'),
    caption: trans.__('Move a dataset with all its versions to the trash'),
    args: ['dataset', 'inContext'],
    execute: async args => {
      const id = await datasetOf(scope, args, trans.__('Move Which Dataset to the Trash?'));
      if (id === null) {
        return false;
      }
      const { moveToTrash } = await import('../dialogs/trash');
      const { name } = await client.getDataset(id);
      return moveToTrash(app, { dataset: id, name });
    }
  });

  add(scope, CommandIDs.copyReference, {
    label: ({ inContext }) =>
      inContext ? trans.__('Copy Reference') : trans.__('Copy Dataset Reference'),
    caption: trans.__('Copy <dataset>:<version>, as Python, magics and the command line take it'),
    icon: copyIcon,
    args: ['dataset', 'version', 'inContext'],
    execute: async args => {
      const id = await datasetOf(scope, args, trans.__('Copy the Reference of a Dataset'));
      if (id === null) {
        return null;
      }
      const { name, latest } = await client.getDataset(id);
      const version = text(args, 'version') ?? latest;
      const reference = version === null ? name : `${name}:${version}`;
      Clipboard.copyToSystem(reference);
      Notification.info(trans.__('Copied %1', reference), { autoClose: 3000 });
      return reference;
    }
  });

  add(scope, CommandIDs.download, {
    label: ({ inContext }) =>
      inContext ? trans.__('Download Latest') : trans.__('Download Dataset'),
    caption: trans.__('Save all files of a version as a ZIP file'),
    icon: downloadIcon,
    args: ['dataset', 'version', 'inContext'],
    isEnabled: hasLatest,
    execute: async args => {
      const id = await datasetOf(scope, args, trans.__('Download a Dataset'));
      if (id !== null) {
        const version = text(args, 'version') ?? 'latest';
        await client.getVersion({ dataset: id, version }); // says in words when there is none
        save(client.archiveUrl({ dataset: id, version }));
      }
    }
  });

  add(scope, CommandIDs.compare, {
    label: ({ inContext }) => (inContext ? trans.__('Compare') : trans.__('Compare Versions')),
    caption: trans.__('Show what differs between two versions of a dataset'),
    args: ['dataset', 'version', 'old', 'inContext'],
    isEnabled: hasLatest,
    execute: async args => {
      const id = await datasetOf(scope, args, trans.__('Compare Versions of a Dataset'));
      if (id !== null) {
        const { version, old } = { version: text(args, 'version'), old: text(args, 'old') };
        await open({
          dataset: id,
          tab: 'compare',
          ...(version && { version }),
          ...(old && { old })
        });
      }
    }
  });

  add(scope, OPEN_DATASET, {
    label: ({ inContext, tab }) => {
      if (!inContext) {
        return trans.__('Open Dataset…');
      }
      return tab === 'use' ? trans.__('Use It') : trans.__('Open');
    },
    caption: trans.__('Open the page of a dataset'),
    args: ['dataset', 'tab', 'inContext'],
    execute: async args => {
      const id = await datasetOf(scope, args, trans.__('Open a Dataset'));
      if (id !== null) {
        await open({ dataset: id, ...(args.tab === 'use' && { tab: 'use' }) });
      }
    }
  });
}

/** `CommandIDs.open` for a row of the side bar, or the dataset that is asked for. */
const OPEN_DATASET = 'gradient-data:open-dataset';

/** Let the browser save what is at a URL. */
function save(url: string): void {
  const link = document.createElement('a');
  link.href = url;
  link.download = '';
  document.body.append(link);
  link.click();
  link.remove();
}
