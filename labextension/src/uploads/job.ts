/** One upload as views see it; the engine moves it on. */

import { ApiError } from '../api/request';
import type { IVersionRef } from '../api/client';
import { isChanged, type IItem, type IReport } from './item';
import { Rate } from './rate';
import type { IUpload, IUploadError, IUploadFile, UploadState } from './tokens';

/** States in which nothing more happens by itself, or by the user's consent. */
const ENDED: readonly UploadState[] = ['done', 'failed', 'cancelled'];

export class Job implements IUpload, IReport {
  state: UploadState = 'scanning';
  waitsFor: IUpload['waitsFor'] = null;
  error: IUploadError | null = null;
  filesDone = 0;
  filesTotal = 0;
  bytesTotal = 0;
  bytesSkipped = 0;

  /** @param _onChange - Called whenever something has changed. */
  constructor(
    readonly id: string,
    readonly ref: IVersionRef,
    readonly target: string,
    readonly title: string,
    private _onChange: () => void
  ) {}

  get hasEnded(): boolean {
    return ENDED.includes(this.state);
  }

  get canRetry(): boolean {
    const isOneFiles = [...this._failed.values()].some(file => file.canRetry);
    return this.state === 'failed' && !this._isFinal && (this.error !== null || isOneFiles);
  }

  get isMoving(): boolean {
    return this.state === 'scanning' || this.state === 'running';
  }

  get isOffline(): boolean {
    return this._away > 0;
  }

  get filesFailed(): number {
    return this._failed.size;
  }

  get bytesDone(): number {
    return this._bytesDone + this._underway;
  }

  get rate(): number {
    return this.state === 'running' && !this.isOffline ? this._sent.perSecond(Date.now()) : 0;
  }

  get secondsLeft(): number | null {
    const rate = this.state === 'running' && !this.isOffline ? this._all.perSecond(Date.now()) : 0;
    return rate > 0 ? (this.bytesTotal - this.bytesDone) / rate : null;
  }

  get files(): readonly IUploadFile[] {
    return [...this._failed.values(), ...this._moving.values()];
  }

  set(
    state: UploadState,
    more: Pick<Partial<Job>, 'error' | 'waitsFor'> & { isFinal?: boolean } = {}
  ): void {
    this.state = state;
    this.error = more.error ?? null;
    this.waitsFor = more.waitsFor ?? null;
    this._isFinal = more.isFinal ?? false;
    if (state !== 'running') {
      // While it is paused, what has arrived of a file still counts.
      const rest =
        state === 'paused' ? [...this._moving].filter(([, f]) => f.state === 'sending') : [];
      this._moving = new Map(rest);
      this._all.clear();
      this._sent.clear();
      this._resumed = 0;
    }
    this._changed();
  }

  /** A file was found. */
  expect(size: number): void {
    this.filesTotal += 1;
    this.bytesTotal += size;
    this._changed();
  }

  /** Begin to count again, as the list of files is made anew; or what is known from before the reload. */
  reset(
    counts: Partial<Pick<Job, 'filesDone' | 'filesTotal' | 'bytesTotal'>> = {},
    done = 0
  ): void {
    this.filesDone = counts.filesDone ?? 0;
    this.filesTotal = counts.filesTotal ?? 0;
    this.bytesTotal = counts.bytesTotal ?? 0;
    this.bytesSkipped = 0;
    this._bytesDone = done;
    this._resumed = 0;
    this._failed.clear();
    this._moving.clear();
    this._changed();
  }

  /** A request begins (1) or ends (-1) to wait for the server. */
  away(change: 1 | -1): void {
    this._away += change;
    this._changed();
  }

  // --- what the transfer tells ------------------------------------------------------------------

  done(items: readonly IItem[], wasThere: boolean): void {
    const size = items.reduce((sum, { file }) => sum + file.size, 0);
    items.forEach(item => {
      item.state = 'done';
      this._moving.delete(item.path);
    });
    this.filesDone += items.length;
    this._bytesDone += size;
    this.bytesSkipped += wasThere ? size : 0;
    this._changed();
  }

  failed(item: IItem, { message, hint }: ApiError): void {
    item.state = 'failed';
    this.refuse(item.path, item.file.size, { message, hint }, true);
  }

  replaced(item: IItem, file: File): void {
    this.bytesTotal += file.size - item.file.size;
    if (isChanged(item.file, file)) {
      item.hash = null;
      item.url = null;
    }
    item.file = file;
    this._changed();
  }

  moved({ path, file }: IItem, state: 'hashing' | 'sending', sent: number): void {
    if (state === 'sending' && this._moving.get(path)?.state !== 'sending') {
      this._resumed += sent; // it arrived before: that was no speed of now
    }
    this._moving.set(path, { path, size: file.size, sent, state, error: null, canRetry: false });
    this._changed();
  }

  learned(): void {
    // Only who keeps it is interested.
  }

  /** A file cannot be in the version. */
  refuse(path: string, size: number, error: IUploadError, canRetry = false): void {
    this._moving.delete(path);
    this._failed.set(path, { path, size, sent: 0, state: 'failed', error, canRetry });
    this._changed();
  }

  /** A failed file is tried again. */
  forgive(path: string): void {
    this._failed.delete(path);
    this._changed();
  }

  private get _underway(): number {
    let sum = 0;
    this._moving.forEach(({ state, sent }) => (sum += state === 'sending' ? sent : 0));
    return sum;
  }

  private _changed(): void {
    if (this.state === 'running') {
      const now = Date.now();
      this._all.add(this.bytesDone - this._resumed, now);
      this._sent.add(this.bytesDone - this._resumed - this.bytesSkipped, now);
    }
    this._onChange();
  }

  private _all = new Rate();
  private _away = 0;
  private _bytesDone = 0;
  private _failed = new Map<string, IUploadFile>();
  private _isFinal = false;
  private _moving = new Map<string, IUploadFile>();
  private _resumed = 0;
  private _sent = new Rate();
}
