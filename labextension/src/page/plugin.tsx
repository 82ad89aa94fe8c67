/** Opens dataset pages in the main area, and brings them back after a reload. */

import {
  ILayoutRestorer,
  type JupyterFrontEnd,
  type JupyterFrontEndPlugin
} from '@jupyterlab/application';
import { MainAreaWidget, WidgetTracker } from '@jupyterlab/apputils';
import type { ReadonlyJSONObject } from '@lumino/coreutils';
import { CommandIDs, IGradientData, type IPageState } from '../tokens';
import { DatasetPage } from './widget';

type PageWidget = MainAreaWidget<DatasetPage>;

export const page: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:page',
  description: 'The page of a dataset: its files, versions, differences and settings.',
  autoStart: true,
  requires: [IGradientData],
  optional: [ILayoutRestorer],
  activate: (frontEnd: JupyterFrontEnd, app: IGradientData, restorer: ILayoutRestorer | null) => {
    const tracker = new WidgetTracker<PageWidget>({ namespace: 'gradient-data-page' });

    const create = (state: IPageState): PageWidget => {
      const content = new DatasetPage(app, state);
      const widget = new MainAreaWidget({ content });
      widget.toolbar.hide();
      widget.id = `gradient-data-page-${state.dataset}`;
      content.stateChanged.connect(() => void tracker.save(widget));
      void tracker.add(widget);
      return widget;
    };

    frontEnd.commands.addCommand(CommandIDs.open, {
      label: app.trans.__('Open Dataset'),
      describedBy: { args: ARGUMENTS },
      execute: args => {
        const state = args as unknown as IPageState;
        const found = tracker.find(({ content }) => content.state.dataset === state.dataset);
        if (found) {
          found.content.go(state);
        }
        const widget = found ?? create(state);
        if (!widget.isAttached) {
          frontEnd.shell.add(widget, 'main', { type: 'Dataset' });
        }
        frontEnd.shell.activateById(widget.id);
      }
    });

    if (restorer) {
      void restorer.restore(tracker, {
        command: CommandIDs.open,
        args: ({ content }) => content.state as unknown as ReadonlyJSONObject,
        name: ({ content }) => content.state.dataset
      });
    }
  }
};

const ARGUMENTS = {
  type: 'object',
  required: ['dataset'],
  properties: {
    dataset: { type: 'string', description: 'Id of the dataset' },
    tab: { type: 'string', description: 'files, versions, compare, use or settings' },
    version: { type: 'string', description: 'Version id, tag or latest' },
    path: { type: 'string', description: 'Folder in the version' },
    old: { type: 'string', description: 'The version to compare with' }
  }
};
