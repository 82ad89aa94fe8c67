/** The lock of one open notebook: in its metadata, followed as its kernel, its user or another client changes it. */

import type { ISessionContext } from '@jupyterlab/apputils';
import type { NotebookPanel } from '@jupyterlab/notebook';
import { PathExt } from '@jupyterlab/coreutils';
import { JSONExt, type PartialJSONValue } from '@lumino/coreutils';
import type { IDisposable } from '@lumino/disposable';
import { Signal, type ISignal } from '@lumino/signaling';
import type { LockCheck, LockEntry, LockReport } from '../api/types';
import {
  changesOf,
  findLock,
  joined,
  KEY,
  replaced,
  WIDGETS,
  withLock,
  type ILock
} from './format';
import { KernelLock } from './kernelLock';

const NO_ENTRIES: readonly LockEntry[] = [];

/** What the server is doing for it. */
export interface IWork {
  kind: 'restore' | 'verify' | 'update';
  /** Id of the task; null until the server has begun it. */
  task: string | null;
}

/** What was found when the lock was proved. */
export interface IProof {
  report: LockReport;
  /** When, in the format of the server's times. */
  time: string;
}

export class NotebookLock implements IDisposable {
  constructor(private _context: NotebookPanel['context']) {
    const session: ISessionContext = _context.sessionContext;
    this._kernel = new KernelLock(session, lock => void this._onKernel(lock));
    this.ready = _context.ready.then(() => {
      if (!_context.isDisposed) {
        _context.model.metadataChanged.connect(this._onMetadata, this);
        this._onMetadata();
      }
    });
    _context.pathChanged.connect(this._emit, this);
    _context.disposed.connect(this.dispose, this);
  }

  /** Resolves when the notebook has been read. */
  readonly ready: Promise<void>;

  /** Entries, work or outcome are others now. */
  get changed(): ISignal<this, void> {
    return this._changed;
  }

  get disposed(): ISignal<this, void> {
    return this._disposed;
  }

  get isDisposed(): boolean {
    return this._kernel.isDisposed;
  }

  /** Name of the notebook's file. */
  get name(): string {
    return PathExt.basename(this._context.localPath);
  }

  get path(): string {
    return this._context.path;
  }

  get entries(): readonly LockEntry[] {
    return this._lock?.datasets ?? NO_ENTRIES;
  }

  get work(): IWork | null {
    return this._work;
  }

  /** What became of the entries when they were restored last, as long as they are the same. */
  get restored(): readonly LockCheck[] {
    return this._restored;
  }

  /** What was found when they were proved last, as long as they are the same. */
  get proof(): IProof | null {
    return this._proof;
  }

  /** Have other entries, as the user wants; the kernel learns of it. */
  setEntries(entries: LockEntry[]): void {
    const lock = replaced(this._lock, entries);
    this._write(lock);
    this._kernel.send(lock);
  }

  setRestored(checks: readonly LockCheck[]): void {
    this._restored = checks;
    this._emit();
  }

  setProof(proof: IProof): void {
    this._proof = proof;
    this._emit();
  }

  /** Have something done for it; the one who does it says which task that is. Nothing while it does another thing. */
  async during(
    kind: IWork['kind'],
    work: (begun: (task: string) => void) => Promise<void>
  ): Promise<void> {
    if (this._work !== null) {
      return;
    }
    this._setWork({ kind, task: null });
    try {
      await work(task => this._setWork({ kind, task }));
    } finally {
      this._setWork(null);
    }
  }

  dispose(): void {
    if (!this.isDisposed) {
      this._kernel.dispose();
      this._disposed.emit();
      Signal.clearData(this);
    }
  }

  private async _onKernel(lock: ILock): Promise<void> {
    await this.ready;
    if (this.isDisposed) {
      return;
    }
    const held = this._lock;
    if (held !== null && changesOf(held) > changesOf(lock)) {
      // The kernel did not know this lock, as when the notebook was renamed or not saved: what was locked stays locked.
      this.setEntries(joined(held.datasets, lock.datasets));
    } else {
      this._write(lock);
    }
  }

  /** Keep a lock where saving the notebook keeps it. */
  private _write(lock: ILock): void {
    const { model, contentsModel } = this._context;
    const held: PartialJSONValue | undefined = model.getMetadata(KEY);
    const wanted = withLock(held, lock) as PartialJSONValue;
    const isNothing = this._lock === null && lock.datasets.length === 0;
    if (isNothing || model.readOnly || JSONExt.deepEqual(wanted, held ?? null)) {
      return;
    }
    const wasDirty = model.dirty;
    model.setMetadata(KEY, wanted);
    if (contentsModel?.writable === false) {
      model.dirty = wasDirty; // what nobody can save is not to be asked for when it is closed
    }
  }

  private _onMetadata(): void {
    const { model } = this._context;
    const lock = findLock(model.getMetadata(KEY), model.getMetadata(WIDGETS));
    const before = this._lock as PartialJSONValue;
    if (!JSONExt.deepEqual(lock as PartialJSONValue, before)) {
      this._lock = lock;
      this._restored = [];
      this._proof = null;
      this._emit();
    }
  }

  private _setWork(work: IWork | null): void {
    this._work = work;
    this._emit();
  }

  private _emit(): void {
    this._changed.emit();
  }

  private _changed = new Signal<this, void>(this);
  private _disposed = new Signal<this, void>(this);
  private _kernel: KernelLock;
  private _lock: ILock | null = null;
  private _proof: IProof | null = null;
  private _restored: readonly LockCheck[] = [];
  private _work: IWork | null = null;
}
