/** What all our plugins, and other extensions, build on. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ISettingRegistry } from '@jupyterlab/settingregistry';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { createApp } from './app';
import { Settings } from './settings';
import { IGradientData } from './tokens';

const ID = 'jupyter-gradient-data:core';

export const core: JupyterFrontEndPlugin<IGradientData> = {
  id: ID,
  description: 'Datasets of the server: its API, its events, uploads.',
  autoStart: true,
  provides: IGradientData,
  optional: [ITranslator, ISettingRegistry],
  activate: (
    frontEnd: JupyterFrontEnd,
    translator: ITranslator | null,
    registry: ISettingRegistry | null
  ) => createApp(frontEnd, translator ?? nullTranslator, new Settings(registry?.load(ID)))
};
