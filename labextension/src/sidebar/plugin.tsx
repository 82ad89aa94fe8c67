/** The Datasets panel in the left side bar. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { ICommandPalette } from '@jupyterlab/apputils';
import { datasetsIcon } from '../icons';
import { CommandIDs, IGradientData } from '../tokens';
import { DatasetsPanel } from './panel';

export const sidebar: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:sidebar',
  description: 'The Datasets panel in the left side bar.',
  autoStart: true,
  requires: [IGradientData],
  optional: [ILayoutRestorer, ICommandPalette],
  activate: async (
    { commands, shell }: JupyterFrontEnd,
    app: IGradientData,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const { settings, trans } = app;
    await settings.ready; // they say which sections there are
    const panel = new DatasetsPanel(app);
    panel.id = 'gradient-data-panel';
    panel.title.icon = datasetsIcon;
    panel.title.caption = trans.__('Datasets');
    panel.node.setAttribute('role', 'region');
    panel.node.setAttribute('aria-label', trans.__('Datasets'));
    shell.add(panel, 'left', { rank: 150, type: 'Datasets' });
    restorer?.add(panel, panel.id);

    commands.addCommand(CommandIDs.showPanel, {
      label: trans.__('Show Datasets'),
      caption: trans.__('Show the Datasets side bar'),
      icon: datasetsIcon,
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => shell.activateById(panel.id)
    });
    commands.addCommand(CommandIDs.openTrash, {
      label: trans.__('Show Trash'),
      caption: trans.__('Show deleted datasets and versions'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        shell.activateById(panel.id);
        panel.showTrash();
      }
    });
    commands.addCommand(CommandIDs.showNotebookData, {
      label: trans.__('Show Data of This Notebook'),
      caption: trans.__('Show which datasets the notebook used, and whether they are here'),
      describedBy: { args: { type: 'object', properties: {} } },
      execute: () => {
        shell.activateById(panel.id);
        panel.showNotebookData();
      }
    });
    const category = trans.__('Datasets');
    [CommandIDs.showPanel, CommandIDs.openTrash, CommandIDs.showNotebookData].forEach(command =>
      palette?.addItem({ command, category })
    );
  }
};
