/** A card in the launcher, where there is one: Notebook 7 has none. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ILauncher } from '@jupyterlab/launcher';
import { CommandIDs } from '../tokens';

export const launcher: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:launcher',
  description: 'A card in the launcher that makes a dataset.',
  autoStart: true,
  optional: [ILauncher],
  activate: (_: JupyterFrontEnd, cards: ILauncher | null) => {
    cards?.add({ command: CommandIDs.newDataset, category: 'Other', rank: 10 });
  }
};
