/** The rows of one folder, or of one search: fetched page by page, kept in order, refreshed in the background. */

import type { Client, IVersionRef } from '../../api/client';
import { ApiError } from '../../api/request';
import { merge, pause, sortGently } from './gently';
import { BY_NAME, comparator, toRow, type IRow, type ISort } from './rows';

const FIRST = 100; // rows that are shown at once: what fits a screen; folders of a huge version cost a read each
const PAGE = 10_000;
const REST = 500; // milliseconds between two refreshes, at least
const REST_FACTOR = 3; // and this many times what the last one took

/** Rows that are loaded at most; others are found by a search. */
export const MOST_ROWS = 200_000;

export interface IListing {
  readonly rows: readonly IRow[];
  /** Nothing was received so far. */
  readonly isPending: boolean;
  /** More rows come. */
  readonly isLoading: boolean;
  /** There are more rows than are loaded. */
  readonly isCut: boolean;
  readonly error: ApiError | null;
}

interface IRowPage {
  rows: IRow[];
  after: string | null;
}

export class Listing {
  constructor(
    private _client: Client,
    private _ref: IVersionRef,
    private _folder: string,
    private _search: string
  ) {}

  /** What to show; another object whenever it has changed. */
  get state(): IListing {
    return this._state;
  }

  subscribe(onChange: () => void): () => void {
    this._listeners.add(onChange);
    return () => void this._listeners.delete(onChange);
  }

  /** Begin, or go on: it is shown. `isFixed` tells that the version can never change again. */
  start(isFixed: boolean): void {
    this._isShown = true;
    const wasFixed = this._isFixed;
    this._isFixed = isFixed;
    if (!(isFixed && wasFixed && this._isComplete)) {
      this.refresh();
    }
  }

  /** It is not shown any more: what it has stays. */
  stop(): void {
    this._isShown = false;
    this._abort.abort();
  }

  /** Look again: something may have changed. */
  refresh(): void {
    this._isStale = true;
    void this._run();
  }

  sort(sort: ISort): void {
    if (sort.by === this._sort.by && sort.isDescending === this._sort.isDescending) {
      return;
    }
    this._sort = sort;
    void this._do(async () => {
      const compare = comparator(sort);
      this._publish({ rows: await sortGently(this._state.rows, compare) });
    });
  }

  /** Do not look while something is changed here: it would bring back what has just been taken away. */
  hold(): () => void {
    this._holds += 1;
    this._abort.abort();
    return () => {
      this._holds -= 1;
      this.refresh();
    };
  }

  /** Show a change before the server has made it. */
  edit(removed: ReadonlySet<string>, added: readonly IRow[]): Promise<void> {
    return this._do(() => {
      const compare = comparator(this._sort);
      const gone = new Set([...removed, ...added.map(row => row.path)]);
      const left = this._state.rows.filter(row => !gone.has(row.path));
      this._publish({ rows: merge(left, [...added].sort(compare), compare) });
    });
  }

  // --- inside -----------------------------------------------------------------------------------

  private async _run(): Promise<void> {
    if (this._isRunning) {
      return;
    }
    this._isRunning = true;
    while (this._isStale && this._isShown && this._holds === 0) {
      this._isStale = false;
      const began = performance.now();
      await this._fetch();
      if (this._isStale && !this._abort.signal.aborted) {
        const took = performance.now() - began;
        await new Promise(resolve => setTimeout(resolve, Math.max(REST, REST_FACTOR * took)));
      }
    }
    this._isRunning = false;
  }

  private async _fetch(): Promise<void> {
    const abort = (this._abort = new AbortController());
    // What can never change is gone on with; anything else replaces what is shown when it is complete.
    const goesOn = this._state.isPending || (this._isFixed && this._after !== null);
    try {
      await (goesOn ? this._append(abort.signal) : this._replace(abort.signal));
    } catch (reason) {
      if (abort.signal.aborted) {
        this._isStale = true;
        return;
      }
      const error = ApiError.of(reason);
      const isGone = error.code === 'file_not_found';
      this._publish({ isLoading: false, error, ...(isGone ? { rows: [], isPending: false } : {}) });
    }
  }

  /** Show each page as it comes. */
  private async _append(signal: AbortSignal): Promise<void> {
    this._publish({ isLoading: true, error: null });
    do {
      const limit = this._state.isPending ? FIRST : PAGE;
      const page = await this._page(this._after, limit, signal);
      this._after = page.after;
      await this._do(() => {
        const compare = comparator(this._sort);
        const rows = merge(this._state.rows, page.rows.sort(compare), compare);
        const isLoading = page.after !== null && rows.length < MOST_ROWS;
        const isCut = page.after !== null && !isLoading;
        this._publish({ rows, isPending: false, isLoading, isCut });
      });
    } while (this._state.isLoading);
    this._isComplete = true;
  }

  /** Show all pages once the last one is there. */
  private async _replace(signal: AbortSignal): Promise<void> {
    const found: IRow[] = [];
    let after: string | null = null;
    do {
      const page: IRowPage = await this._page(after, PAGE, signal);
      found.push(...page.rows);
      after = page.after;
    } while (after !== null && found.length < MOST_ROWS);
    await this._do(async () => {
      const sorted = await sortGently(found, comparator(this._sort));
      throwIfAborted(signal);
      const rows = unlessEqual(this._state.rows, sorted);
      this._publish({
        rows,
        isPending: false,
        isLoading: false,
        isCut: after !== null,
        error: null
      });
    });
    this._after = null;
    this._isComplete = true;
  }

  private async _page(after: string | null, limit: number, signal: AbortSignal): Promise<IRowPage> {
    const search = this._search || undefined;
    const options = { search, limit, after, signal };
    const page = await this._client.listFiles(this._ref, this._folder, options);
    if (page.items.length > FIRST) {
      await pause(); // parsing it took some time already
      throwIfAborted(signal);
    }
    const rows = page.items.map(item => toRow(item, this._search !== ''));
    return { rows, after: page.next_token ?? null };
  }

  /** Changes of the rows, one after the other. */
  private _do(step: () => void | Promise<void>): Promise<void> {
    const done = this._last.then(step);
    this._last = done.catch(() => undefined);
    return done;
  }

  private _publish(change: Partial<IListing>): void {
    this._state = { ...this._state, ...change };
    this._listeners.forEach(listener => listener());
  }

  private _abort = new AbortController();
  private _after: string | null = null;
  private _holds = 0;
  private _isComplete = false;
  private _isFixed = false;
  private _isRunning = false;
  private _isShown = false;
  private _isStale = false;
  private _last: Promise<void> = Promise.resolve();
  private _listeners = new Set<() => void>();
  private _sort = BY_NAME;
  private _state: IListing = {
    rows: [],
    isPending: true,
    isLoading: true,
    isCut: false,
    error: null
  };
}

/** As `signal.throwIfAborted`, which is younger than other things we need of a browser. */
function throwIfAborted(signal: AbortSignal): void {
  if (signal.aborted) {
    throw new DOMException('It was stopped.', 'AbortError');
  }
}

/** The old rows where nothing changed: then nothing has to be drawn. */
function unlessEqual(old: readonly IRow[], rows: readonly IRow[]): readonly IRow[] {
  const isEqual =
    old.length === rows.length &&
    old.every((row, i) => row.path === rows[i].path && row.hash === rows[i].hash);
  return isEqual ? old : rows;
}
