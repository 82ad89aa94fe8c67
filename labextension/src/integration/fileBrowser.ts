/** From JupyterLab's file browser into a dataset. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDefaultFileBrowser, type FileBrowser } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { add, type IScope } from '../commands/registry';
import { doing, type IOutcome } from '../commands/notify';
import type { ITarget } from '../dialogs/addToDataset';
import type { ISubmission } from '../dialogs/formDialog';
import { follow } from '../dialogs/progress';
import { files } from '../format';
import { datasetsIcon } from '../icons';
import { CommandIDs, IGradientData } from '../tokens';

/** Drives whose files are those of the server: the default one, and that of real-time collaboration. */
const DISKS = ['', 'RTC'];

/** What the server says it has put. */
interface IPutResult {
  files: number;
}

export const fileBrowser: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:file-browser',
  description: 'Adds files of the file browser to datasets.',
  autoStart: true,
  requires: [IGradientData, IDefaultFileBrowser],
  activate: (frontEnd: JupyterFrontEnd, app: IGradientData, browser: FileBrowser) => {
    const { contents, trans } = app;
    const scope: IScope = { frontEnd, app, added: [] };
    const selected = (): Contents.IModel[] => [...browser.selectedItems()];

    add(scope, CommandIDs.addToDataset, {
      label: trans.__('Add to Dataset…'),
      caption: trans.__('Put the selected files and folders into a dataset'),
      icon: datasetsIcon,
      isEnabled: () => {
        const items = selected();
        return (
          items.length > 0 && items.every(({ path }) => DISKS.includes(contents.driveName(path)))
        );
      },
      execute: async () => {
        const items = selected();
        const paths = items.map(({ path }) => contents.localPath(path));
        const what =
          items.length === 1
            ? `“${items[0].name}”`
            : trans._n('%2 item', '%2 items', items.length, items.length);
        const { askTarget } = await import('../dialogs/addToDataset');
        const target = await askTarget(app, what);
        if (target) {
          await doing(app, trans.__('Adding %1 to “%2”', what, target.name), submission =>
            put(app, paths, target, submission)
          );
        }
      }
    });
  }
};

async function put(
  app: IGradientData,
  paths: readonly string[],
  target: ITarget,
  submission: ISubmission
): Promise<IOutcome> {
  const { client, commands, trans } = app;
  const { dataset, version, name, folder } = target;
  const task = await client.putFromServer(target, paths, folder || '/');
  const words = trans.__('Adding to “%1”:', name);
  const result = await follow<IPutResult>(app, task, words, submission);
  return {
    type: 'success',
    message: trans.__('Added %1 to version %2 of “%3”.', files(result.files, trans), version, name),
    actions: [
      {
        label: trans.__('Commit…'),
        callback: () => void commands.execute(CommandIDs.commit, { dataset, version })
      },
      {
        label: trans.__('Open'),
        callback: () => void commands.execute(CommandIDs.open, { dataset, version, tab: 'files' })
      }
    ]
  };
}
