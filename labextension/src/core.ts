/** What all our plugins, and other extensions, build on. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { ITranslator, nullTranslator } from '@jupyterlab/translation';
import { createApp } from './app';
import { IGradientData } from './tokens';

export const core: JupyterFrontEndPlugin<IGradientData> = {
  id: 'jupyter-gradient-data:core',
  description: 'Datasets of the server: its API, its events, uploads.',
  autoStart: true,
  provides: IGradientData,
  optional: [ITranslator],
  activate: (frontEnd: JupyterFrontEnd, translator: ITranslator | null) =>
    createApp(frontEnd, translator ?? nullTranslator)
};
