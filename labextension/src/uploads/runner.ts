/** The life of one upload: finds its files, moves them, keeps what is needed to go on, and cleans up. */

import { ApiError } from '../api/request';
import type { Connection } from '../data/connection';
import type { Database, IRecord } from './database';
import { endPut, Inbox } from './inbox';
import type { IItem, IReport } from './item';
import type { Job } from './job';
import { Keeper } from './keeper';
import { terminate } from './large';
import { Persistence } from './persist';
import { isFinal } from './problems';
import { scan } from './scan';
import { fromHandles } from './sources';
import type { Sources } from './tokens';
import { transfer, type IShared } from './transfer';

export interface IRunnerContext {
  connection: Connection;
  database: Database | null;
  shared: IShared;
  /** Let other tabs have it. */
  release: () => void;
  onKept: () => void;
  onEnded: () => void;
}

/** Why a transfer was stopped by its user; it says more than an error could. */
const STOPPED = new Error('stopped');

export class Runner {
  constructor(
    readonly job: Job,
    private _record: IRecord,
    private _context: IRunnerContext
  ) {
    this._keeper = new Keeper(_context.database, _record);
    this._persistence = new Persistence(_context.connection, change => job.away(change));
  }

  /** Whether it could not go on after the page has ended. */
  get wouldBeLost(): boolean {
    return !this.job.hasEnded && !this._keeper.isEnough;
  }

  async begin(sources: Sources): Promise<void> {
    await this._keepHandles(sources);
    await this._scanAndRun(sources, false);
  }

  /** After a reload. */
  async restore(): Promise<void> {
    const counts = await this._keeper.load();
    this.job.reset(counts, counts.bytesDone);
    if (this._record.isPaused) {
      this.job.set('paused');
    } else {
      void this._continue(false);
    }
  }

  pause(): void {
    if (this.job.isMoving) {
      this._setPaused(true);
      this.job.set('paused');
      this._stop.abort(STOPPED);
    }
  }

  async resume(): Promise<void> {
    if (this.job.state !== 'paused') {
      return;
    }
    this._setPaused(false);
    if (this._isScanned) {
      await this._run();
    } else {
      await this._continue(true);
    }
  }

  async cancel(): Promise<void> {
    if (this.job.hasEnded && this.job.state !== 'failed') {
      return;
    }
    this.job.set('cancelled');
    this._stop.abort(STOPPED);
    this._context.onEnded();
    await this._cleanUp();
  }

  async retry(path?: string): Promise<void> {
    const failed = this._items.filter(
      item => item.state === 'failed' && (path === undefined || item.path === path)
    );
    for (const item of failed) {
      this.job.forgive(item.path);
      await this._lookAgain(item);
      item.state = 'pending';
    }
    if (this.job.state === 'failed') {
      await this._run();
    }
  }

  private async _lookAgain(item: IItem): Promise<void> {
    const { url } = item;
    try {
      this.job.replaced(item, (await item.again?.()) ?? item.file);
    } catch {
      // It is as it was: reading it says why.
    }
    if (url !== null && item.url === null) {
      await terminate(this._context.shared.client, url).catch(() => undefined); // it expires
    }
  }

  /** Go on after a reload; null when the user has just allowed to read the files that are kept. */
  async continueWith(sources: Sources | null): Promise<void> {
    if (this.job.state !== 'waiting') {
      return;
    }
    if (sources === null) {
      await this._continue(true);
    } else {
      await this._keepHandles(sources);
      await this._scanAndRun(sources, true);
    }
  }

  /** It has ended, and nobody will try again what failed. */
  async dismiss(): Promise<void> {
    if (this.job.state === 'failed') {
      await this._cleanUp();
    }
  }

  // --- finding files ------------------------------------------------------------------------------

  /** With the files that the browser has kept, if it may read them; `mayAsk` in answer to a click. */
  private async _continue(mayAsk: boolean): Promise<void> {
    const { handles } = this._record;
    if (handles.length === 0) {
      this.job.set('waiting', { waitsFor: 'files' });
    } else if (await isGranted(handles, mayAsk)) {
      await this._scanAndRun(fromHandles(handles), false);
    } else {
      this.job.set('waiting', { waitsFor: 'permission' });
    }
  }

  private async _keepHandles(sources: Sources): Promise<void> {
    this._record.handles = (await sources.handles) ?? [];
    await this._keeper.save();
    this._context.onKept();
  }

  /** @param isAgain - Whether the user has chosen the files once more: then some may be missing. */
  private async _scanAndRun(sources: Sources, isAgain: boolean): Promise<void> {
    const stop = (this._stop = new AbortController());
    this._isScanned = false;
    this.job.reset();
    this.job.set('scanning');
    const { trans } = this._context.shared;
    this._items = await scan(sources, this.job, this._keeper, trans, stop.signal);
    if (stop.signal.aborted) {
      return;
    }
    if (isAgain) {
      this._keeper.missing(this._items).forEach(({ path, size }) => {
        this.job.expect(size);
        this.job.refuse(path, size, {
          message: trans.__('The file is not among those that were chosen now.'),
          hint: trans.__('Upload it separately.')
        });
      });
    }
    await this._keeper.saveList(this._items);
    this._isScanned = true;
    if (this.job.filesTotal === 0) {
      const hint = trans.__('A version holds files; empty folders are left out.');
      await this._fail(new ApiError('empty', trans.__('There are no files in it.'), hint, 0));
    } else if (!stop.signal.aborted) {
      await this._run();
    }
  }

  // --- moving them --------------------------------------------------------------------------------

  private async _run(): Promise<void> {
    const stop = (this._stop = new AbortController());
    this.job.set('running');
    try {
      await this._transfer(stop);
      if (this.job.filesFailed === 0) {
        await this._endPut(stop.signal);
      }
    } catch (reason) {
      if (reason !== STOPPED && stop.signal.reason !== STOPPED) {
        await this._fail(ApiError.of(reason));
      }
      return;
    }
    if (this.job.filesFailed > 0) {
      this.job.set('failed');
      this._context.onEnded();
    } else {
      await this._keeper.forget();
      this.job.set('done');
      this._context.onEnded();
      this._context.release();
    }
  }

  /** Until no file is left, also of those that are tried again meanwhile. */
  private async _transfer(stop: AbortController): Promise<void> {
    const { shared } = this._context;
    const { signal } = stop;
    const persistence = this._persistence;
    const inbox = new Inbox(shared.client, persistence, this.job.ref, signal);
    if (this._record.put === null) {
      this._record.put = await inbox.begin(this.job.title, this.job.target || '/');
      await this._keeper.save();
    }
    const context = { ...shared, inbox, persistence, report: this._report(signal), stop, signal };
    for (let left = this._pending(); left.length > 0; left = this._pending()) {
      await transfer(left, context);
    }
  }

  private _pending(): IItem[] {
    return this._items.filter(({ state }) => state === 'pending');
  }

  /** What the transfer tells, for the job and for the database. */
  private _report(signal: AbortSignal): IReport {
    const { job } = this;
    const keeper = this._keeper;
    return {
      done: (items, wasThere) => {
        job.done(items, wasThere);
        keeper.arrived(items);
      },
      failed: (item, error) => job.failed(item, error),
      moved: (item, state, bytes) => signal.aborted || job.moved(item, state, bytes),
      replaced: (item, file) => job.replaced(item, file),
      learned: item => keeper.learned(item)
    };
  }

  private async _fail(error: ApiError): Promise<void> {
    const { message, hint } = error;
    this.job.set('failed', { error: { message, hint }, isFinal: isFinal(error) });
    if (isFinal(error)) {
      await this._keeper.forget();
    }
    this._context.onEnded();
  }

  // --- cleaning up --------------------------------------------------------------------------------

  private _endPut(signal: AbortSignal): Promise<void> {
    const { client } = this._context.shared;
    const { put } = this._record;
    return put === null
      ? Promise.resolve()
      : this._persistence.run(signal, () => endPut(client, this.job.ref, put));
  }

  /** What has arrived stays; nothing more is promised to the version. */
  private async _cleanUp(): Promise<void> {
    const { client } = this._context.shared;
    const signal = new AbortController().signal;
    try {
      for (const url of this._keeper.urls) {
        await terminate(client, url).catch(() => undefined); // it expires by itself
      }
      await this._endPut(signal);
    } catch (error) {
      console.warn('An upload could not be ended on the server.', error);
    }
    await this._keeper.forget();
    this._context.onEnded();
    this._context.release();
  }

  private _setPaused(isPaused: boolean): void {
    this._record.isPaused = isPaused;
    void this._keeper.save();
  }

  private _isScanned = false;
  private _items: readonly IItem[] = [];
  private _keeper: Keeper;
  private _persistence: Persistence;
  private _stop = new AbortController();
}

async function isGranted(handles: readonly FileSystemHandle[], mayAsk: boolean): Promise<boolean> {
  for (const handle of handles) {
    const state = mayAsk
      ? await handle.requestPermission({ mode: 'read' })
      : await handle.queryPermission({ mode: 'read' });
    if (state !== 'granted') {
      return false;
    }
  }
  return true;
}
