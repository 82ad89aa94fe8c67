/** Commands about the data of the notebook that is used. */

import type { LockEntry } from '../api/types';
import { forget, restore, update, verify } from '../lock/actions';
import type { NotebookLock } from '../lock/notebookLock';
import { keyOf } from '../lock/words';
import { CommandIDs } from '../tokens';
import { add, row, text, type Args, type IScope } from './registry';

const ALL = [
  CommandIDs.restoreLock,
  CommandIDs.verifyLock,
  CommandIDs.openLocked,
  CommandIDs.updateLocked,
  CommandIDs.forgetLocked
];

export function addLockCommands(scope: IScope): void {
  const { app } = scope;
  const { commands, locks, trans } = app;

  /** The lock of the notebook, if that names something and nothing is being done for it. */
  const free = (): NotebookLock | null => {
    const { current } = locks;
    return current !== null && current.entries.length > 0 && current.work === null ? current : null;
  };
  const isFree = (): boolean => free() !== null;
  const hasLock = (): boolean => (locks.current?.entries.length ?? 0) > 0;

  add(scope, CommandIDs.restoreLock, {
    label: trans.__('Restore Data of This Notebook'),
    caption: trans.__('Bring back exactly the data that this notebook used, and mount it'),
    args: ['inContext'],
    isEnabled: isFree,
    isVisible: args => args.inContext !== true || hasLock(),
    execute: async () => {
      const lock = free();
      if (lock !== null) {
        await restore(app, lock);
      }
    }
  });

  add(scope, CommandIDs.verifyLock, {
    label: trans.__('Verify Data of This Notebook'),
    caption: trans.__('Read all data of this notebook and prove that it is what it used'),
    args: ['inContext'],
    isEnabled: isFree,
    isVisible: args => args.inContext !== true || hasLock(),
    execute: async () => {
      const lock = free();
      if (lock !== null) {
        await verify(app, lock);
      }
    }
  });

  /** The entry a command is about: given, or of the row. */
  const entryOf = (args: Args): LockEntry | undefined => {
    const key = text(args, 'entry') ?? row(scope, args).entry;
    return locks.current?.entries.find(entry => keyOf(entry) === key);
  };
  const about = (
    execute: (lock: NotebookLock, entry: LockEntry) => Promise<void> | void
  ): ((args: Args) => Promise<void>) => {
    return async args => {
      const lock = free();
      const entry = entryOf(args);
      if (lock !== null && entry !== undefined) {
        await execute(lock, entry);
      }
    };
  };

  add(scope, CommandIDs.openLocked, {
    label: trans.__('Show Version'),
    caption: trans.__('Open the page of the version that the notebook used'),
    args: ['entry', 'inContext'],
    isInPalette: false,
    isEnabled: args => row(scope, args).state !== 'absent',
    execute: async args => {
      const entry = entryOf(args);
      if (entry !== undefined) {
        const { dataset, version } = entry;
        await commands.execute(CommandIDs.open, { dataset, version, tab: 'files' });
      }
    }
  });

  add(scope, CommandIDs.updateLocked, {
    label: trans.__('Update to Newest'),
    caption: trans.__('Use the version that the reference means now, here and where it is mounted'),
    args: ['entry', 'inContext'],
    isInPalette: false,
    isEnabled: args => isFree() && row(scope, args).newer !== '',
    execute: about((lock, entry) => update(app, lock, entry))
  });

  add(scope, CommandIDs.forgetLocked, {
    label: trans.__('Forget'),
    caption: trans.__('Take it out of what the notebook remembers; the data stays'),
    args: ['entry', 'inContext'],
    isInPalette: false,
    isEnabled: isFree,
    execute: about((lock, entry) => forget(app, lock, entry))
  });

  locks.changed.connect(() => ALL.forEach(command => commands.notifyCommandChanged(command)));
}
