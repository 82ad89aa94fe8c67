/** A notebook whose model is real, and a kernel that says what a test lets it say. */

import { NotebookModel, type NotebookPanel } from '@jupyterlab/notebook';
import { Signal } from '@lumino/signaling';
import type { LockCheck, LockEntry } from '../../api/types';
import { COMM_TARGET } from '../kernelLock';

export class FakeKernel {
  readonly iopubMessage = new Signal<this, unknown>(this);
  readonly targets: string[] = [];
  readonly sent: { content: { comm_id: string; data: unknown } }[] = [];
  isDisposed = false;
  username = 'me';
  clientId = 'c1';

  /** Comms that were opened before anybody listened. */
  constructor(private _open: string[] = []) {}

  registerCommTarget(target: string): void {
    this.targets.push(target);
  }

  async requestCommInfo(): Promise<unknown> {
    const comms = Object.fromEntries(this._open.map(id => [id, { target_name: COMM_TARGET }]));
    return { content: { status: 'ok', comms } };
  }

  sendShellMessage(message: (typeof this.sent)[number]): void {
    this.sent.push(message);
  }

  open(data: unknown, target_name: string = COMM_TARGET, comm_id = 'c'): void {
    this._emit('comm_open', { comm_id, target_name, data });
  }

  say(data: unknown, comm_id = 'c'): void {
    this._emit('comm_msg', { comm_id, data });
  }

  private _emit(msg_type: string, content: unknown): void {
    this.iopubMessage.emit({ header: { msg_type }, content });
  }
}

export class FakeContext {
  readonly model = new NotebookModel();
  readonly disposed = new Signal<this, void>(this);
  readonly pathChanged = new Signal<this, string>(this);
  readonly ready = Promise.resolve();
  readonly sessionContext = new FakeSession();
  contentsModel: { writable: boolean } = { writable: true };
  isDisposed = false;

  constructor(readonly path = 'work/analysis.ipynb') {
    this.model.dirty = false;
  }

  get localPath(): string {
    return this.path;
  }

  get held(): unknown {
    return this.model.getMetadata('gradient');
  }

  close(): void {
    this.isDisposed = true;
    this.disposed.emit();
    this.model.dispose();
  }

  /** A view of it. */
  panel(): NotebookPanel {
    return { context: this, isDisposed: false } as unknown as NotebookPanel;
  }
}

class FakeSession {
  readonly kernelChanged = new Signal<this, void>(this);
  session: { kernel: FakeKernel | null } | null = null;

  start(kernel: FakeKernel): FakeKernel {
    this.session = { kernel };
    this.kernelChanged.emit();
    return kernel;
  }
}

/** All that was begun has been done. */
export const settled = (): Promise<void> => new Promise(resolve => setTimeout(resolve, 0));

export function entry(change: Partial<LockEntry> = {}): LockEntry {
  return {
    reference: 'flowers:latest',
    dataset: 'ds0000000000001',
    dataset_name: 'flowers',
    version: 'aaaaaa1',
    root: 'ab'.repeat(32),
    path: '/inputs/flowers',
    files: 5,
    bytes: 9000,
    ...change
  };
}

export function check(change: Partial<LockCheck> = {}): LockCheck {
  return { entry: entry(), state: 'ready', newer: null, error: null, ...change };
}

export function lockOf(...datasets: LockEntry[]): object {
  return { format: 1, changes: 1, datasets };
}
