/** Whether the server answers: noticed when it is lost, told when it is back. */

import { Poll } from '@lumino/polling';
import { Signal, type ISignal } from '@lumino/signaling';
import type { Client } from '../api/client';
import { ApiError, MISSING, UNREACHABLE } from '../api/request';
import type { ServerInfo } from '../api/types';

/** `missing`: Jupyter answers, but our server extension is not there. */
export type ConnectionState = 'connecting' | 'ok' | 'lost' | 'missing' | 'failed';

const INTERVAL = 5_000; // milliseconds between two looks while all is well
const BACK_SOON = 1_000; // and first, when it is not
const LONGEST = 5_000;

/** Looks regularly; any request that fails makes it look at once. */
export class Connection {
  constructor(private _client: Client) {
    this._poll = new Poll({
      name: 'jupyter-gradient-data:connection',
      factory: () => this._look(),
      frequency: { interval: INTERVAL, backoff: true, max: LONGEST },
      standby: 'when-hidden'
    });
  }

  get state(): ConnectionState {
    return this._state;
  }

  /** What the server said of itself, once it has answered. */
  get info(): ServerInfo | null {
    return this._info;
  }

  /** Why the server part cannot be used, while `state` is `failed`. */
  get error(): ApiError | null {
    return this._error;
  }

  get changed(): ISignal<this, ConnectionState> {
    return this._changed;
  }

  /** Look now: something else found the server gone. */
  refresh(): void {
    void this._poll.refresh();
  }

  dispose(): void {
    this._poll.dispose();
    Signal.clearData(this);
  }

  private async _look(): Promise<void> {
    try {
      this._info = await this._client.info(AbortSignal.timeout(LONGEST));
    } catch (reason) {
      const error = ApiError.of(reason);
      this._error = error;
      const isLost = error.code === UNREACHABLE || error.status === 0;
      this._set(isLost ? 'lost' : error.code === MISSING ? 'missing' : 'failed');
      void this._poll.schedule({ interval: BACK_SOON, phase: 'rejected' });
      return;
    }
    this._error = null;
    this._set('ok');
  }

  private _set(state: ConnectionState): void {
    if (state !== this._state) {
      this._state = state;
      this._changed.emit(state);
    }
  }

  private _changed = new Signal<this, ConnectionState>(this);
  private _error: ApiError | null = null;
  private _info: ServerInfo | null = null;
  private _poll: Poll;
  private _state: ConnectionState = 'connecting';
}
