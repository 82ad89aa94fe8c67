/** Adding files and folders of the user's machine to a dataset. */

import { Notification } from '@jupyterlab/apputils';
import { fileUploadIcon, newFolderIcon } from '@jupyterlab/ui-components';
import { openVersion, type IOpenVersion } from '../data/openVersion';
import { isOnDisk, putContents } from '../integration/putContents';
import { CommandIDs, type IGradientData } from '../tokens';
import { choose, type IChosen } from '../uploads/sources';
import { startUpload } from '../uploads/startUpload';
import { tellError } from './notify';
import { add, datasetOf, text, type Args, type IScope } from './registry';

export function addAddingCommands(scope: IScope): void {
  const { app } = scope;
  const { trans } = app;

  const addChoice = async (args: Args, what: 'files' | 'folder', title: string): Promise<void> => {
    const dataset = await datasetOf(scope, args, title);
    // First the choice: browsers allow it only for a moment after a click.
    const chosen = dataset === null ? null : await choose(what);
    if (dataset !== null && chosen !== null) {
      await addChosen(app, dataset, chosen, text(args, 'version'), text(args, 'path'));
    }
  };

  add(scope, CommandIDs.addFiles, {
    label: ({ inContext }) => (inContext ? trans.__('Add Files…') : trans.__('Upload Files…')),
    caption: trans.__('Upload files into an uncommitted version of a dataset'),
    icon: fileUploadIcon,
    args: ['dataset', 'version', 'path', 'inContext'],
    execute: args => addChoice(args, 'files', trans.__('Upload Files into a Dataset'))
  });

  add(scope, CommandIDs.addFolder, {
    label: ({ inContext }) => (inContext ? trans.__('Add Folder…') : trans.__('Upload Folder…')),
    caption: trans.__('Upload a folder into an uncommitted version of a dataset'),
    icon: newFolderIcon,
    args: ['dataset', 'version', 'path', 'inContext'],
    execute: args => addChoice(args, 'folder', trans.__('Upload a Folder into a Dataset'))
  });
}

/**
 * Upload what was chosen or dropped into a version: the given one, the newest uncommitted one, or a new one.
 * Resolves to that version.
 */
export async function addChosen(
  app: IGradientData,
  dataset: string,
  chosen: IChosen,
  version?: string,
  folder = ''
): Promise<string> {
  const { name } = await app.client.getDataset(dataset);
  const open = await openVersion(app.client, dataset, version);
  startUpload(app, open, folder, chosen, name);
  if (version !== open.version) {
    tellVersion(app, open, name);
  }
  return open.version;
}

/** The same for files of JupyterLab's file browser, by their paths; null when they cannot be taken. */
export async function addContents(
  app: IGradientData,
  dataset: string,
  paths: readonly string[],
  version?: string,
  folder = ''
): Promise<string | null> {
  if (!paths.every(path => isOnDisk(app, path))) {
    Notification.warning(
      app.trans.__('Only files of the Jupyter server can be dragged into a dataset.')
    );
    return null;
  }
  const { name } = await app.client.getDataset(dataset);
  const open = await openVersion(app.client, dataset, version);
  if (open.isNew) {
    tellVersion(app, open, name);
  }
  void putContents(app, paths, { ...open, name, folder });
  return open.version;
}

/** What was dropped on a dataset: errors are told. */
export function dropOn(
  app: IGradientData,
  dataset: string
): { onFiles: (chosen: IChosen) => void; onContents: (paths: string[]) => void } {
  return {
    onFiles: chosen => void addChosen(app, dataset, chosen).catch(tellError),
    onContents: paths => void addContents(app, dataset, paths).catch(tellError)
  };
}

/** Which version files go to, where nobody said so. */
function tellVersion({ commands, trans }: IGradientData, open: IOpenVersion, name: string): void {
  const { dataset, version, isNew } = open;
  const message = isNew
    ? trans.__('The files go to a new version of “%1”: %2.', name, version)
    : trans.__('The files go to the uncommitted version %2 of “%1”.', name, version);
  Notification.info(message, {
    autoClose: 6000,
    actions: [
      {
        label: trans.__('Open'),
        callback: () => void commands.execute(CommandIDs.open, { dataset, version, tab: 'files' })
      }
    ]
  });
}
