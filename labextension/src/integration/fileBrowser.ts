/** From JupyterLab's file browser into a dataset. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDefaultFileBrowser, type FileBrowser } from '@jupyterlab/filebrowser';
import type { Contents } from '@jupyterlab/services';
import { add, type IScope } from '../commands/registry';
import { datasetsIcon } from '../icons';
import { CommandIDs, IGradientData } from '../tokens';
import { isOnDisk, putContents } from './putContents';

export const fileBrowser: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:file-browser',
  description: 'Adds files of the file browser to datasets.',
  autoStart: true,
  requires: [IGradientData, IDefaultFileBrowser],
  activate: (frontEnd: JupyterFrontEnd, app: IGradientData, browser: FileBrowser) => {
    const { trans } = app;
    const scope: IScope = { frontEnd, app, added: [] };
    const selected = (): Contents.IModel[] => [...browser.selectedItems()];

    add(scope, CommandIDs.addToDataset, {
      label: trans.__('Add to Dataset…'),
      caption: trans.__('Put the selected files and folders into a dataset'),
      icon: datasetsIcon,
      isEnabled: () => {
        const items = selected();
        return items.length > 0 && items.every(({ path }) => isOnDisk(app, path));
      },
      execute: async () => {
        const items = selected();
        const what =
          items.length === 1
            ? `“${items[0].name}”`
            : trans._n('%2 item', '%2 items', items.length, items.length);
        const { askTarget } = await import('../dialogs/addToDataset');
        const target = await askTarget(app, what);
        if (target) {
          await putContents(
            app,
            items.map(({ path }) => path),
            target
          );
        }
      }
    });
  }
};
