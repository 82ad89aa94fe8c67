/** All commands that are not about one place: creating, changing, deleting. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IGradientData } from '../tokens';

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:commands',
  description: 'Commands that create, change and delete datasets, versions, tags and providers.',
  autoStart: true,
  requires: [IGradientData],
  optional: [ICommandPalette],
  activate: (_: JupyterFrontEnd, app: IGradientData, palette: ICommandPalette | null) => {
    void app;
    void palette;
  }
};
