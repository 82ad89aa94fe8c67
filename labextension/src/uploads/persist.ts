/** Requests that outlive a server that is away for a while. */

import { ApiError } from '../api/request';
import type { Connection } from '../data/connection';
import { isAway, isTemporary } from './problems';

const TRIES = 5; // of a request that fails for another reason than that the server is away
const SHORTEST = 500; // milliseconds between two tries
const LONGEST = 5_000;

export class Persistence {
  /**
   * @param _connection - Knows whether the server answers.
   * @param _onAway - Called with 1 when a request begins to wait for the server, with -1 when it does not any more.
   */
  constructor(
    private _connection: Connection,
    private _onAway: (change: 1 | -1) => void
  ) {}

  /**
   * Do it until it succeeds: for as long as it takes while the server is away, else a few times.
   *
   * @param work - Given a function to call when the server has answered before all is done.
   * @param explain - Given an error, throws when trying again cannot help.
   */
  async run<T>(
    signal: AbortSignal,
    work: (answered: () => void) => Promise<T>,
    explain: (error: ApiError) => Promise<void> = async () => undefined
  ): Promise<T> {
    let tries = 0; // in a row
    let away = 0;
    const answered = (): void => {
      if (away > 0) {
        this._onAway(-1);
      }
      tries = away = 0;
    };
    try {
      for (;;) {
        signal.throwIfAborted();
        try {
          return await work(answered);
        } catch (reason) {
          signal.throwIfAborted();
          const error = ApiError.of(reason);
          await explain(error);
          if (isAway(error)) {
            await this._untilBack(away++, signal);
          } else if (error.status === 429 || (isTemporary(error) && ++tries < TRIES)) {
            await sleep(Math.min(LONGEST, SHORTEST * 2 ** tries), signal);
          } else {
            throw error;
          }
        }
      }
    } finally {
      answered();
    }
  }

  /** A moment, and until the server answers again; not for ever, as nobody looks for it in a hidden tab. */
  private async _untilBack(before: number, signal: AbortSignal): Promise<void> {
    this._connection.refresh();
    if (before === 0) {
      this._onAway(1);
    }
    await sleep(SHORTEST, signal);
    if (before > 0 && this._connection.state !== 'ok') {
      await Promise.race([sleep(LONGEST, signal), this._back()]);
    }
  }

  private _back(): Promise<void> {
    return new Promise(resolve => {
      const look = (_: Connection, state: string): void => {
        if (state === 'ok') {
          this._connection.changed.disconnect(look);
          resolve();
        }
      };
      this._connection.changed.connect(look);
    });
  }
}

/** Wait; throws when `signal` comes first. */
export function sleep(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      reject(signal.reason);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', end);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', end, { once: true });
  });
}
