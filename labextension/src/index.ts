/** The plugins of this extension; each is about one place of JupyterLab. */

import type { JupyterFrontEndPlugin } from '@jupyterlab/application';
import { commands } from './commands/plugin';
import { core } from './core';
import { drive } from './integration/drive';
import { fileBrowser } from './integration/fileBrowser';
import { launcher } from './integration/launcher';
import { notebook } from './integration/notebook';
import { storageBrowser } from './integration/storageBrowser';
import { notebookLock } from './lock/plugin';
import { page } from './page/plugin';
import { sidebar } from './sidebar/plugin';
import { uploads } from './uploads/plugin';

const plugins: JupyterFrontEndPlugin<unknown>[] = [
  core,
  commands,
  drive,
  fileBrowser,
  launcher,
  notebook,
  notebookLock,
  page,
  sidebar,
  storageBrowser,
  uploads
];

export default plugins;
