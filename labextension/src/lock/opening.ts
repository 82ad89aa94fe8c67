/** When a notebook is opened: says what of its data is not here, once, and offers to bring it back. */

import { Notification } from '@jupyterlab/apputils';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { LockCheck } from '../api/types';
import { isTaskNotice, type Events, type INotice } from '../data/events';
import { CommandIDs, type IGradientData } from '../tokens';
import { restore } from './actions';
import type { NotebookLock } from './notebookLock';
import { listed, missingOf } from './words';

/** Of each notebook: what was told of it last, in this tab. */
const told = (path: string): string => `gradient-data:told:${path}`;

export async function tellWhatIsMissing(app: IGradientData, lock: NotebookLock): Promise<void> {
  const { trans } = app;
  await lock.ready;
  const missing = await findMissing(app, lock);
  if (missing === null || lock.isDisposed || lock.work !== null) {
    return;
  }
  const key = told(lock.path);
  if (missing.length === 0) {
    sessionStorage.removeItem(key);
    return;
  }
  const state = JSON.stringify(missing.map(({ entry, state }) => [entry, state]));
  if (sessionStorage.getItem(key) === state) {
    return;
  }
  sessionStorage.setItem(key, state);
  const id = Notification.info(sentence(missing, trans), {
    autoClose: false,
    actions: [
      {
        label: trans.__('Restore'),
        displayType: 'accent',
        callback: () => void restore(app, lock)
      },
      {
        label: trans.__('Details'),
        callback: () => void app.commands.execute(CommandIDs.showNotebookData)
      }
    ]
  });
  dismissWhenHere(app, lock, id);
}

function sentence(missing: readonly LockCheck[], trans: TranslationBundle): string {
  const names = listed(
    missing.map(({ entry }) => entry),
    trans
  );
  const states = new Set(missing.map(({ state }) => state));
  if (states.size === 1 && states.has('unmounted')) {
    return trans.__('This notebook’s data is not mounted: %1', names);
  }
  return states.has('different')
    ? trans.__('This notebook’s data here is not what it used: %1', names)
    : trans.__('This notebook’s data is not here: %1', names);
}

/** Null when the server cannot be asked, which is told of elsewhere. */
async function findMissing(
  { client }: IGradientData,
  { entries }: NotebookLock
): Promise<LockCheck[] | null> {
  if (entries.length === 0) {
    return [];
  }
  try {
    return missingOf(await client.locks.check(entries));
  } catch {
    return null;
  }
}

/** Whoever brings it back; also when the notebook is closed. */
function dismissWhenHere(app: IGradientData, lock: NotebookLock, id: string): void {
  const dismiss = (): void => {
    app.events.changed.disconnect(onEvent);
    lock.changed.disconnect(onChange);
    lock.disposed.disconnect(dismiss);
    Notification.dismiss(id);
  };
  const look = async (): Promise<void> => {
    if ((await findMissing(app, lock))?.length === 0) {
      sessionStorage.removeItem(told(lock.path));
      dismiss();
    }
  };
  const onEvent = (_: Events, notice: INotice | null): void => {
    if (notice === null || !isTaskNotice(notice)) {
      void look();
    }
  };
  const onChange = (): void => {
    if (lock.work?.kind === 'restore') {
      dismiss();
    }
  };
  app.events.changed.connect(onEvent);
  lock.changed.connect(onChange);
  lock.disposed.connect(dismiss);
}
