/** Where uploads show themselves outside of our own views: in the status bar, and as notifications. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IStatusBar } from '@jupyterlab/statusbar';
import { CommandIDs, IGradientData } from '../tokens';
import { notify } from './notify';
import { UploadsStatus } from './statusBar';

const PANEL = 'gradient-data-panel'; // uploads are a section of it

export const uploads: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:uploads',
  description: 'Uploads in the status bar, and a notification when one has ended.',
  autoStart: true,
  requires: [IGradientData],
  optional: [IStatusBar, ICommandPalette],
  activate: (
    { commands, shell }: JupyterFrontEnd,
    app: IGradientData,
    statusBar: IStatusBar | null,
    palette: ICommandPalette | null
  ) => {
    const { trans } = app;
    commands.addCommand(CommandIDs.showUploads, {
      label: trans.__('Show Uploads'),
      describedBy: { args: {} },
      execute: () => shell.activateById(PANEL)
    });
    palette?.addItem({ command: CommandIDs.showUploads, category: trans.__('Datasets') });
    app.uploads.ended.connect((_, upload) => {
      // That something did not arrive is told always.
      if (upload.state === 'failed' || app.settings.get('notifyUploads')) {
        notify(app, upload);
      }
    });

    const item = new UploadsStatus(app);
    statusBar?.registerStatusItem(uploads.id, {
      item,
      align: 'middle',
      isActive: () => item.isActive,
      activeStateChanged: app.uploads.changed
    });
  }
};
