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
    commands.addCommand(CommandIDs.insertPath, {
      label: trans.__('Insert Path into Notebook'),
      caption: trans.__('Write a path into the active cell, where the cursor is'),
      describedBy: { args: PATH_ARGUMENTS },
      isEnabled: () => tracker.currentWidget !== null,
      execute: async ({ path }) => {
        const panel = tracker.currentWidget;
        if (panel) {
          shell.activateById(panel.id);
          await insertAtCursor(panel, String(path));
        }
      }
    });
    tracker.currentChanged.connect(() => {
      commands.notifyCommandChanged(CommandIDs.insertSnippet);
      commands.notifyCommandChanged(CommandIDs.insertPath);
    });
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

const PATH_ARGUMENTS = {
  type: 'object',
  required: ['path'],
  properties: { path: { type: 'string', description: 'What to write' } }
};

/** In code it is a string, unless the cursor is between quotes already. */
async function insertAtCursor({ content, revealed }: NotebookPanel, path: string): Promise<void> {
  await revealed;
  const cell = content.activeCell;
  await cell?.ready;
  const editor = cell?.editor;
  if (!editor) {
    return;
  }
  const before = editor.getLine(editor.getCursorPosition().line) ?? '';
  const last = before.charAt(editor.getCursorPosition().column - 1);
  const isPlain = cell.model.type !== 'code' || last === '"' || last === "'";
  editor.replaceSelection?.(isPlain ? path : JSON.stringify(path));
  content.mode = 'edit';
  editor.focus();
}

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
