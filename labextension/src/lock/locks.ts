/** The locks of the notebooks that are open, and which of these is used now. */

import type { NotebookPanel } from '@jupyterlab/notebook';
import { Signal, type ISignal } from '@lumino/signaling';
import { NotebookLock } from './notebookLock';

export class NotebookLocks {
  /** The lock of the notebook that was used last; null when none is open. */
  get current(): NotebookLock | null {
    return this._current;
  }

  /** Another notebook is used, or something of its lock is another now. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  /** A notebook was opened; further views of it are not told of. */
  get opened(): ISignal<this, NotebookLock> {
    return this._opened;
  }

  /** Follow a notebook from now on, until it is closed. */
  add({ context }: NotebookPanel): NotebookLock {
    const known = this._locks.get(context);
    if (known !== undefined) {
      return known;
    }
    const lock = new NotebookLock(context);
    this._locks.set(context, lock);
    lock.changed.connect(() => this._current === lock && this._changed.emit());
    lock.disposed.connect(() => {
      this._locks.delete(context);
      if (this._current === lock) {
        this.setCurrent(null);
      }
    });
    this._opened.emit(lock);
    return lock;
  }

  setCurrent(panel: NotebookPanel | null): void {
    // A view that is closed may be told of once more.
    const lock = panel === null || panel.isDisposed ? null : this.add(panel);
    if (lock !== this._current) {
      this._current = lock;
      this._changed.emit();
    }
  }

  private _changed = new Signal<this, void>(this);
  private _current: NotebookLock | null = null;
  private _locks = new Map<NotebookPanel['context'], NotebookLock>();
  private _opened = new Signal<this, NotebookLock>(this);
}
