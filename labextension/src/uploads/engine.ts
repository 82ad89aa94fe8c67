/** Moves uploads on, and brings back those of before the reload. */

import { PACK_SIZE } from './constants';
import { Database, type IRecord } from './database';
import { HashingPool } from './hashingPool';
import type { Job } from './job';
import { newWorker } from './newWorker';
import { Pace } from './pace';
import { Runner } from './runner';
import { Slots } from './slots';
import { lock } from './tabLock';
import type { Sources } from './tokens';
import type { IShared } from './transfer';
import type { IHost } from './uploads';

const MEGA = 1024 * 1024;
const WORKERS = 3; // at most
const PATIENCE = 3_000; // milliseconds: the page before the reload may not have let go yet

export class Engine {
  /** Also brings back what is kept in the browser. */
  static async open(host: IHost): Promise<Engine> {
    const database = await Database.open(host.name).catch(error => {
      console.warn('Uploads will not continue after a reload: nothing can be kept here.', error);
      return null;
    });
    const engine = new Engine(host, database);
    await engine._restore();
    return engine;
  }

  private constructor(
    private _host: IHost,
    private _database: Database | null
  ) {
    const workers = Math.ceil((navigator.hardwareConcurrency || 2) / 2);
    this._hashing = new HashingPool(newWorker, Math.min(WORKERS, workers));
    this._shared = {
      client: _host.client,
      trans: _host.trans,
      hashing: this._hashing,
      groups: new Slots(3),
      packs: new Slots(2),
      packPace: new Pace(4 * MEGA, PACK_SIZE),
      large: new Slots(3),
      chunkPace: new Pace(2 * MEGA, 32 * MEGA)
    };
    window.addEventListener('beforeunload', event => {
      if ([...this._runners.values()].some(({ wouldBeLost }) => wouldBeLost)) {
        event.preventDefault();
      }
    });
  }

  async begin(job: Job, sources: Sources): Promise<void> {
    const record: IRecord = {
      id: job.id,
      ref: job.ref,
      target: job.target,
      title: job.title,
      created: Date.now(),
      isPaused: false,
      put: null,
      handles: []
    };
    const release = await lock(this._lockName(job.id));
    await this._add(job, record, release ?? (() => undefined)).begin(sources);
  }

  pause(id: string): void {
    this._runners.get(id)?.pause();
  }

  resume(id: string): void {
    void this._runners.get(id)?.resume();
  }

  cancel(id: string): void {
    void this._runners.get(id)?.cancel();
  }

  retry(id: string, path?: string): void {
    void this._runners.get(id)?.retry(path);
  }

  continueWith(id: string, sources: Sources | null): void {
    void this._runners.get(id)?.continueWith(sources);
  }

  dismiss(id: string): void {
    const runner = this._runners.get(id);
    if (runner?.job.hasEnded) {
      this._runners.delete(id);
      void runner.dismiss();
    }
  }

  private async _restore(): Promise<void> {
    const records = (await this._database?.all()) ?? [];
    this._host.mark(records.length > 0);
    for (const { id } of records) {
      void this._restoreOne(id);
    }
  }

  /** Unless another tab is at it. */
  private async _restoreOne(id: string): Promise<void> {
    const release = await lock(this._lockName(id), PATIENCE);
    const record = release && (await this._database?.get(id));
    if (!release || !record) {
      release?.();
      return;
    }
    const job = this._host.newJob(id, record.ref, record.target, record.title);
    const runner = this._add(job, record, release);
    await runner.restore();
    this._host.restore(job);
  }

  private _add(job: Job, record: IRecord, release: () => void): Runner {
    const runner = new Runner(job, record, {
      connection: this._host.connection,
      database: this._database,
      shared: this._shared,
      release,
      onKept: () => this._host.mark(true),
      onEnded: () => void this._ended(job)
    });
    this._runners.set(job.id, runner);
    return runner;
  }

  private async _ended(job: Job): Promise<void> {
    this._host.ended(job);
    if ([...this._runners.values()].every(runner => runner.job.hasEnded)) {
      this._hashing.rest();
    }
    if (this._database && (await this._database.all()).length === 0) {
      this._host.mark(false);
    }
  }

  private _lockName(id: string): string {
    return `${this._host.name}:${id}`;
  }

  private _hashing: HashingPool;
  private _runners = new Map<string, Runner>();
  private _shared: IShared;
}
