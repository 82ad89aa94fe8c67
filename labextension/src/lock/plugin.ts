/** Follows the notebooks that are open: what data they used is kept in them, and told of when it is not here. */

import type { JupyterFrontEnd, JupyterFrontEndPlugin } from '@jupyterlab/application';
import { INotebookTracker } from '@jupyterlab/notebook';
import { IGradientData } from '../tokens';
import { tellWhatIsMissing } from './opening';

export const notebookLock: JupyterFrontEndPlugin<void> = {
  id: 'jupyter-gradient-data:notebook-lock',
  description: 'Keeps in each notebook which data it used, and offers to bring that back.',
  autoStart: true,
  requires: [IGradientData],
  optional: [INotebookTracker],
  activate: (_: JupyterFrontEnd, app: IGradientData, tracker: INotebookTracker | null) => {
    const { locks } = app;
    locks.opened.connect((_, lock) => void tellWhatIsMissing(app, lock));
    tracker?.forEach(panel => locks.add(panel));
    tracker?.widgetAdded.connect((_, panel) => locks.add(panel));
    tracker?.currentChanged.connect((_, panel) => locks.setCurrent(panel));
    locks.setCurrent(tracker?.currentWidget ?? null);
  }
};
