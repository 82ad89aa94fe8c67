/** All commands that are not about one place: creating, changing, deleting. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { IGradientData } from '../tokens';
import { addAddingCommands } from './adding';
import { addDatasetCommands } from './datasets';
import { addLockCommands } from './locks';
import { addMountCommands } from './mounts';
import { addPlaceCommands } from './places';
import { addPublicCommands } from './public';
import { addVersionCommands } from './versions';
import type { IScope } from './registry';

export const commands: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:commands',
  description: 'Commands that create, change and delete datasets, versions, tags and providers.',
  autoStart: true,
  requires: [IGradientData],
  optional: [ICommandPalette],
  activate: (frontEnd: JupyterFrontEnd, app: IGradientData, palette: ICommandPalette | null) => {
    const scope: IScope = { frontEnd, app, added: [] };
    addDatasetCommands(scope);
    addVersionCommands(scope);
    addMountCommands(scope);
    addLockCommands(scope);
    addPublicCommands(scope);
    addPlaceCommands(scope);
    addAddingCommands(scope);
    const category = app.trans.__('Datasets');
    scope.added.forEach(command => palette?.addItem({ command, category }));
  }
};
