/** The shared storage folder and public datasets in a file browser of their own. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IFileBrowserFactory, Uploader, type FileBrowser } from '@jupyterlab/filebrowser';
import { newFolderIcon, refreshIcon, ToolbarButton } from '@jupyterlab/ui-components';
import { add, text, type IScope } from '../commands/registry';
import { storageIcon } from '../icons';
import { CommandIDs, DRIVE, IGradientData } from '../tokens';

const TOP = 'storage';

export const storageBrowser: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:storage-browser',
  description: 'A file browser for the shared storage folder and public datasets.',
  autoStart: true,
  requires: [IGradientData, IFileBrowserFactory],
  optional: [ICommandPalette],
  activate: (
    frontEnd: JupyterFrontEnd,
    app: IGradientData,
    factory: IFileBrowserFactory,
    palette: ICommandPalette | null
  ) => {
    const { trans } = app;
    const scope: IScope = { frontEnd, app, added: [] };
    let browser: FileBrowser | null = null;

    const create = (): FileBrowser => {
      const made = factory.createFileBrowser('gradient-data-storage', {
        driveName: DRIVE,
        auto: false,
        restore: false
      });
      made.showFileCheckboxes = false;
      made.title.icon = storageIcon;
      made.title.caption = trans.__('Gradient Storage');
      made.node.setAttribute('role', 'region');
      made.node.setAttribute('aria-label', trans.__('Gradient Storage'));
      addToolbar(made, app);
      frontEnd.shell.add(made, 'left', { rank: 151, type: 'File Browser' });
      return made;
    };

    add(scope, CommandIDs.browseStorage, {
      label: trans.__('Browse Storage'),
      caption: trans.__('Show the shared storage folder in a file browser'),
      icon: storageIcon,
      args: ['path'],
      execute: async args => {
        browser ??= create();
        frontEnd.shell.activateById(browser.id);
        await browser.model.cd(`/${text(args, 'path') ?? TOP}`);
      }
    });
    palette?.addItem({ command: CommandIDs.browseStorage, category: trans.__('Datasets') });
  }
};

function addToolbar(browser: FileBrowser, { trans, translator }: IGradientData): void {
  const { model, toolbar } = browser;
  toolbar.addItem(
    'new-folder',
    new ToolbarButton({
      icon: newFolderIcon,
      tooltip: trans.__('New folder'),
      onClick: () => void browser.createNewDirectory()
    })
  );
  toolbar.addItem('upload', new Uploader({ model, translator }));
  toolbar.addItem(
    'refresh',
    new ToolbarButton({
      icon: refreshIcon,
      tooltip: trans.__('Refresh'),
      onClick: () => void model.refresh()
    })
  );
}
