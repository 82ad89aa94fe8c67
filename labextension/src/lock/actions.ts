/** What can be done about the data of a notebook: bring it back, prove it, move on, forget. */

import { Notification } from '@jupyterlab/apputils';
import type { LockCheck, LockEntry, LockReport, TaskInfo, Version } from '../api/types';
import { doing, tellError, type IOutcome } from '../commands/notify';
import type { ISubmission } from '../dialogs/formDialog';
import { follow } from '../dialogs/progress';
import { CommandIDs, type IGradientData } from '../tokens';
import type { NotebookLock } from './notebookLock';
import {
  isSame,
  keyOf,
  listed,
  missingOf,
  nameOf,
  reportWords,
  selectorOf,
  versionedName
} from './words';

/** Bring back exactly the data of a notebook. */
export function restore(app: IGradientData, lock: NotebookLock): Promise<void> {
  const { client, trans } = app;
  const words = trans.__('Restoring the data of %1', lock.name);
  return lock.during('restore', begun =>
    doing(app, `${words}…`, async submission => {
      const task = await client.locks.restore(lock.entries);
      begun(task.id);
      const checks = await follow<LockCheck[]>(app, task, `${words}:`, submission);
      lock.setRestored(checks);
      return restoredWords(app, lock, checks);
    })
  );
}

function restoredWords(
  app: IGradientData,
  lock: NotebookLock,
  checks: readonly LockCheck[]
): IOutcome {
  const { trans } = app;
  const missing = missingOf(checks);
  const names = listed(
    checks.map(({ entry }) => entry),
    trans
  );
  if (missing.length === 0) {
    return {
      type: 'success',
      message: trans.__('The data of %1 is here, as it was: %2', lock.name, names)
    };
  }
  const why = missing
    .map(({ entry, error }) => `${versionedName(entry)}: ${error?.message ?? ''}`)
    .join(' ');
  return {
    type: 'warning',
    message: trans._n(
      '%1 of %2 entries could not be restored. %3',
      '%1 of %2 entries could not be restored. %3',
      missing.length,
      checks.length,
      why
    ),
    actions: [details(app)]
  };
}

/** Read all of it and prove that it is what the notebook used. */
export function verify(app: IGradientData, lock: NotebookLock): Promise<void> {
  const { client, trans } = app;
  const words = trans.__('Verifying the data of %1', lock.name);
  return lock.during('verify', begun =>
    doing(app, `${words}…`, async submission => {
      const task = await client.locks.verify(lock.entries);
      begun(task.id);
      const report = await follow<LockReport>(app, task, `${words}:`, submission);
      lock.setProof({ report, time: new Date().toISOString() });
      const isWhole = report.problems.length === 0;
      return {
        type: isWhole ? 'success' : 'warning',
        message: reportWords(report, trans),
        actions: isWhole ? [] : [details(app)]
      };
    })
  );
}

function details({ commands, trans }: IGradientData): Notification.IAction {
  return {
    label: trans.__('Details'),
    callback: () => void commands.execute(CommandIDs.showNotebookData)
  };
}

/** Let a reference mean what it means now, in the notebook and where it is mounted; others are kept. */
export function update(app: IGradientData, lock: NotebookLock, entry: LockEntry): Promise<void> {
  const { client, trans } = app;
  const words = trans.__('Updating “%1” in %2', nameOf(entry), lock.name);
  return lock.during('update', begun =>
    doing(app, `${words}…`, async submission => {
      const version = await client.getVersion({
        dataset: entry.dataset,
        version: selectorOf(entry)
      });
      const before = lock.entries.filter(one => isSame(one, entry));
      await mountAt(app, before, entry.reference, { ...submission, begun }, `${words}:`);
      lock.setEntries(moved(lock.entries, entry, version));
      const undo = (): void =>
        void goBack(app, lock, before, entry.version).catch(reason => tellError(reason));
      return {
        type: 'success',
        message: trans.__(
          '“%1” is version %2 in %3 now.',
          nameOf(entry),
          version.version,
          lock.name
        ),
        actions: [{ label: trans.__('Undo'), callback: undo }]
      };
    })
  );
}

function moved(entries: readonly LockEntry[], entry: LockEntry, to: Version): LockEntry[] {
  const { version, root, files, bytes } = to;
  return entries.map(one =>
    isSame(one, entry)
      ? { ...one, version, root: root ?? '', files: files ?? 0, bytes: bytes ?? 0 }
      : one
  );
}

/** The entries as they were, also where they are mounted. */
function goBack(
  app: IGradientData,
  lock: NotebookLock,
  before: readonly LockEntry[],
  version: string
): Promise<void> {
  const [first] = before;
  const words = app.trans.__('Going back to version %1 of “%2”', version, first.dataset_name);
  return lock.during('update', begun =>
    doing(app, `${words}…`, async submission => {
      const reference = `${first.dataset}:${version}`;
      await mountAt(app, before, reference, { ...submission, begun }, `${words}:`);
      const known = new Map(before.map(one => [keyOf(one), one]));
      lock.setEntries(lock.entries.map(one => known.get(keyOf(one)) ?? one));
      return {
        type: 'success',
        message: app.trans.__('“%1” is version %2 in %3 again.', nameOf(first), version, lock.name)
      };
    })
  );
}

/** Have a reference mounted at the paths of some entries, one after the other. */
async function mountAt(
  app: IGradientData,
  entries: readonly LockEntry[],
  reference: string,
  submission: ISubmission & { begun: (task: string) => void },
  words: string
): Promise<void> {
  const { volumes } = app.client;
  const paths = entries.flatMap(({ path }) => (path === null ? [] : [path]));
  const mounts = paths.length > 0 ? await volumes.listMounts() : [];
  for (const path of paths) {
    const name = path.split('/').pop() ?? '';
    const isThere = mounts.some(mount => mount.name === name);
    const task: TaskInfo = isThere
      ? await volumes.updateMount(name, reference)
      : await volumes.mount(reference, { name });
    submission.begun(task.id);
    await follow(app, task, words, submission);
  }
}

/** Take an entry out of the lock: what it names stays, and is recorded again when it is used again. */
export function forget({ trans }: IGradientData, lock: NotebookLock, entry: LockEntry): void {
  const at = lock.entries.indexOf(entry);
  lock.setEntries(lock.entries.filter(one => one !== entry));
  const undo = (): void => {
    const entries = lock.entries.filter(one => keyOf(one) !== keyOf(entry));
    entries.splice(at, 0, entry);
    lock.setEntries(entries);
  };
  Notification.info(trans.__('%1 forgot %2.', lock.name, versionedName(entry)), {
    autoClose: 8000,
    actions: [{ label: trans.__('Undo'), callback: undo }]
  });
}
