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
  activate: (
    { commands, shell }: JupyterFrontEnd,
    app: IGradientData,
    restorer: ILayoutRestorer | null,
    palette: ICommandPalette | null
  ) => {
    const { trans } = app;
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
      icon: datasetsIcon,
      execute: () => shell.activateById(panel.id)
    });
    palette?.addItem({ command: CommandIDs.showPanel, category: trans.__('Datasets') });
  }
};
