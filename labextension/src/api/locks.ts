/** The part of the API about notebook locks: which data a notebook used, checked, brought back and proved. */

import type { ServerConnection } from '@jupyterlab/services';
import { request } from './request';
import type { LockCheck, LockEntry, TaskInfo } from './types';

export class LocksClient {
  constructor(private _settings: ServerConnection.ISettings) {}

  /** Whether what a lock names is here, in its order, and what is newer. */
  check(entries: readonly LockEntry[]): Promise<LockCheck[]> {
    return this._ask('check-lock', entries);
  }

  /** Begin to bring back exactly this data; it results in `LockCheck[]`. */
  restore(entries: readonly LockEntry[]): Promise<TaskInfo> {
    return this._ask('restore-lock', entries);
  }

  /** Begin to prove that the data is that of the lock; it results in a `LockReport`. */
  verify(entries: readonly LockEntry[]): Promise<TaskInfo> {
    return this._ask('verify-lock', entries);
  }

  private _ask<T>(what: string, entries: readonly LockEntry[]): Promise<T> {
    return request<T>(this._settings, `/api/${what}`, { method: 'POST', body: { entries } });
  }
}
