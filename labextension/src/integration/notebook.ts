/** Puts snippets into notebooks. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { IDefaultFileBrowser } from '@jupyterlab/filebrowser';
import { INotebookTracker, NotebookActions, type NotebookPanel } from '@jupyterlab/notebook';
import type { Contents } from '@jupyterlab/services';
import { CommandIDs, IGradientData } from '../tokens';

export const notebook: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:notebook',
  description: 'Puts snippets into notebooks.',
  autoStart: true,
  requires: [IGradientData],
  optional: [INotebookTracker, IDefaultFileBrowser],
  activate: (
    frontEnd: JupyterFrontEnd,
    { trans }: IGradientData,
    tracker: INotebookTracker | null,
    browser: IDefaultFileBrowser | null
  ) => {
    if (tracker === null) {
      return;
    }
    const { commands, shell } = frontEnd;
    const name = (): string => tracker.currentWidget?.title.label ?? '';
    commands.addCommand(CommandIDs.insertSnippet, {
      label: trans.__('Insert Snippet into Notebook'),
      caption: () =>
        tracker.currentWidget
          ? trans.__('Insert a cell into %1, below the active one', name())
          : trans.__('No notebook is open'),
      describedBy: { args: ARGUMENTS },
      isEnabled: ({ isNew }) => isNew === true || tracker.currentWidget !== null,
      execute: async ({ text, isNew }) => {
        const panel = isNew ? await create(frontEnd, folderOf(browser)) : tracker.currentWidget;
        if (panel) {
          await insert(panel, String(text));
          shell.activateById(panel.id);
        }
      }
    });
    tracker.currentChanged.connect(() => commands.notifyCommandChanged(CommandIDs.insertSnippet));
  }
};

const ARGUMENTS = {
  type: 'object',
  required: ['text'],
  properties: {
    text: { type: 'string', description: 'Source of the new cell' },
    isNew: { type: 'boolean', description: 'Whether to make a new notebook for it' }
  }
};

/** Fill the active cell when nothing is in it, else a new one below. */
async function insert(panel: NotebookPanel, text: string): Promise<void> {
  await panel.revealed;
  const { content } = panel;
  const isFree =
    content.activeCell?.model.type === 'code' &&
    content.activeCell.model.sharedModel.getSource().trim() === '';
  if (!isFree) {
    NotebookActions.insertBelow(content);
  }
  content.activeCell?.model.sharedModel.setSource(text);
  content.activate();
}

async function create(frontEnd: JupyterFrontEnd, path: string): Promise<NotebookPanel> {
  const { commands, serviceManager } = frontEnd;
  await serviceManager.kernelspecs.ready;
  const file: Contents.IModel = await commands.execute('docmanager:new-untitled', {
    path,
    type: 'notebook'
  });
  return commands.execute('docmanager:open', {
    path: file.path,
    factory: 'Notebook',
    kernel: { name: serviceManager.kernelspecs.specs?.default }
  });
}

/** Where the file browser is, unless that is another drive. */
function folderOf(browser: IDefaultFileBrowser | null): string {
  const path = browser?.model.path ?? '';
  return path.includes(':') ? '' : path;
}
