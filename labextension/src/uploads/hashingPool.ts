/** Hashing in a few workers, so that the page stays quick. */

import type { IReadFiles } from './hashing';

export type Job =
  | { id: number; kind: 'files'; blob: Blob; sizes: readonly number[] }
  | { id: number; kind: 'large'; file: Blob }
  | { id: number; kind: 'bytes'; data: Uint8Array }
  | { id: number; kind: 'stop' };

export type Answer =
  | { id: number; value: unknown }
  | { id: number; progress: number }
  | { id: number; error: unknown };

/** What the engine needs hashed. */
export interface IHashing {
  files(blob: Blob, sizes: readonly number[]): Promise<IReadFiles>;
  large(file: Blob, onProgress: (done: number) => void, signal: AbortSignal): Promise<Uint8Array>;
  bytes(data: Uint8Array): Promise<Uint8Array>;
}

interface IWaiting {
  resolve: (value: unknown) => void;
  reject: (error: unknown) => void;
  onProgress?: (done: number) => void;
}

interface IStarted {
  worker: Worker;
  waiting: Map<number, IWaiting>;
}

type NewJob =
  | { kind: 'files'; blob: Blob; sizes: readonly number[] }
  | { kind: 'large'; file: Blob }
  | { kind: 'bytes'; data: Uint8Array };

export class HashingPool implements IHashing {
  /**
   * @param _start - Starts a worker.
   * @param _most - How many there may be.
   */
  constructor(
    private _start: () => Worker,
    private _most: number
  ) {}

  files(blob: Blob, sizes: readonly number[]): Promise<IReadFiles> {
    return this._ask({ kind: 'files', blob, sizes });
  }

  bytes(data: Uint8Array): Promise<Uint8Array> {
    return this._ask({ kind: 'bytes', data });
  }

  large(file: Blob, onProgress: (done: number) => void, signal: AbortSignal): Promise<Uint8Array> {
    return this._ask({ kind: 'large', file }, onProgress, signal);
  }

  /** End the workers; the next job starts new ones. */
  rest(): void {
    this._started.forEach(({ worker }) => worker.terminate());
    this._started = [];
  }

  private _ask<T>(
    job: NewJob,
    onProgress?: (done: number) => void,
    signal?: AbortSignal
  ): Promise<T> {
    const id = this._next++;
    const { worker, waiting } = this._leastBusy();
    return new Promise<T>((resolve, reject) => {
      waiting.set(id, { resolve: resolve as (value: unknown) => void, reject, onProgress });
      worker.postMessage({ id, ...job });
      signal?.addEventListener('abort', () => {
        if (waiting.delete(id)) {
          worker.postMessage({ id, kind: 'stop' });
          reject(signal.reason);
        }
      });
    });
  }

  private _leastBusy(): IStarted {
    const [idlest] = [...this._started].sort((a, b) => a.waiting.size - b.waiting.size);
    if (idlest && (idlest.waiting.size === 0 || this._started.length >= this._most)) {
      return idlest;
    }
    const started: IStarted = { worker: this._start(), waiting: new Map() };
    started.worker.onmessage = ({ data }: MessageEvent<Answer>) => settle(started.waiting, data);
    started.worker.onerror = event => {
      started.waiting.forEach(({ reject }) => reject(new Error(event.message)));
      started.waiting.clear();
      this._started = this._started.filter(other => other !== started);
    };
    this._started.push(started);
    return started;
  }

  private _next = 0;
  private _started: IStarted[] = [];
}

function settle(waiting: Map<number, IWaiting>, answer: Answer): void {
  const found = waiting.get(answer.id);
  if (!found) {
    return; // it was stopped
  }
  if ('progress' in answer) {
    found.onProgress?.(answer.progress);
    return;
  }
  waiting.delete(answer.id);
  if ('error' in answer) {
    found.reject(answer.error);
  } else {
    found.resolve(answer.value);
  }
}
