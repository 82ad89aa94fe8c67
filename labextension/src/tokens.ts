/** What other extensions, and our own plugins, use of each other. */

import type { CommandRegistry } from '@lumino/commands';
import { Token } from '@lumino/coreutils';
import type { ITranslator, TranslationBundle } from '@jupyterlab/translation';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import type { Contents } from '@jupyterlab/services';
import type { Client } from './api/client';
import type { Connection } from './data/connection';
import type { Events } from './data/events';
import type { NotebookLocks } from './lock/locks';
import type { Settings } from './settings';
import type { IUploads } from './uploads/tokens';

/** What every view and plugin of ours needs. */
export interface IGradientData {
  readonly client: Client;
  readonly commands: CommandRegistry;
  readonly connection: Connection;
  /** Files as JupyterLab sees them; ours are on the drive `DRIVE`. */
  readonly contents: Contents.IManager;
  readonly events: Events;
  /** Which data the open notebooks used. */
  readonly locks: NotebookLocks;
  readonly settings: Settings;
  readonly trans: TranslationBundle;
  readonly translator: ITranslator;
  readonly uploads: IUploads;
  /** Knows which viewers open a file. */
  readonly docRegistry: DocumentRegistry;
}

export const IGradientData = new Token<IGradientData>(
  'jupyter-gradient-data:IGradientData',
  'Datasets of the server: its API, its events, uploads.'
);

/** Catalogue of translations. */
export const DOMAIN = 'jupyter_gradient_data';

/** The drive by which JupyterLab's own viewers open files of datasets. */
export const DRIVE = 'Gradient';

/** Tabs of the dataset page. */
export const TABS = ['files', 'versions', 'compare', 'use', 'settings'] as const;
export type Tab = (typeof TABS)[number];

/** What a dataset page shows; kept in the layout, so that a reload brings it back. */
export interface IPageState {
  dataset: string;
  tab?: Tab;
  /** Version id, tag or `latest`. */
  version?: string;
  /** Folder in the version: empty, or ending with `/`. */
  path?: string;
  /** For `compare`: the older version. */
  old?: string;
}

/** Commands; the arguments they take are described where they are registered. */
export namespace CommandIDs {
  export const showPanel = 'gradient-data:show-panel';
  export const open = 'gradient-data:open';
  export const newDataset = 'gradient-data:new-dataset';
  export const newVersion = 'gradient-data:new-version';
  export const commit = 'gradient-data:commit';
  export const addFiles = 'gradient-data:add-files';
  export const addFolder = 'gradient-data:add-folder';
  export const addToDataset = 'gradient-data:add-to-dataset';
  export const newTag = 'gradient-data:new-tag';
  export const compare = 'gradient-data:compare';
  export const copyReference = 'gradient-data:copy-reference';
  export const download = 'gradient-data:download';
  export const insertSnippet = 'gradient-data:insert-snippet';
  export const renameDataset = 'gradient-data:rename-dataset';
  export const deleteDataset = 'gradient-data:delete-dataset';
  export const deleteVersion = 'gradient-data:delete-version';
  export const openTrash = 'gradient-data:open-trash';
  export const addProvider = 'gradient-data:add-provider';
  export const checkProvider = 'gradient-data:check-provider';
  export const removeProvider = 'gradient-data:remove-provider';
  export const browseStorage = 'gradient-data:browse-storage';
  export const showUploads = 'gradient-data:show-uploads';
  export const refresh = 'gradient-data:refresh';
  export const mount = 'gradient-data:mount';
  export const openMount = 'gradient-data:open-mount';
  export const updateMount = 'gradient-data:update-mount';
  export const commitMount = 'gradient-data:commit-mount';
  export const discardMount = 'gradient-data:discard-mount';
  export const unmount = 'gradient-data:unmount';
  export const newOutput = 'gradient-data:new-output';
  export const commitOutput = 'gradient-data:commit-output';
  export const deleteOutput = 'gradient-data:delete-output';
  export const copyPath = 'gradient-data:copy-path';
  export const insertPath = 'gradient-data:insert-path';
  export const insertPathOf = 'gradient-data:insert-path-of';
  export const openPublic = 'gradient-data:open-public';
  export const fetchPublic = 'gradient-data:fetch-public';
  export const aboutPublic = 'gradient-data:about-public';
  export const verifyPublic = 'gradient-data:verify-public';
  export const removePublic = 'gradient-data:remove-public';
  export const showNotebookData = 'gradient-data:show-notebook-data';
  export const restoreLock = 'gradient-data:restore-lock';
  export const verifyLock = 'gradient-data:verify-lock';
  export const openLocked = 'gradient-data:open-locked';
  export const updateLocked = 'gradient-data:update-locked';
  export const forgetLocked = 'gradient-data:forget-locked';
  export const setWorkspace = 'gradient-data:set-workspace';
  export const updateWorkspace = 'gradient-data:update-workspace';
}
