/** Keeps in the browser's database what an upload needs to go on after a reload. */

import { HASH_SIZE } from './constants';
import type { Database, IFileList, IRecord } from './database';
import type { IItem } from './item';

/** What is known of the content of a file of this size and time. */
interface IKnownFile {
  size: number;
  time: number;
  hash: Uint8Array;
  url: string | null;
  hasArrived: boolean;
}

export class Keeper {
  constructor(
    private _database: Database | null,
    private _record: IRecord
  ) {}

  /** Whether the upload could go on with what is kept, perhaps when the user chooses the files again. */
  get isEnough(): boolean {
    return this._database !== null && (this._record.handles.length > 0 || this._hasList);
  }

  /** URLs of uploads of large files that have not ended. */
  get urls(): string[] {
    return [...this._known.values()].flatMap(({ url }) => url ?? []);
  }

  /** Read what was kept; how many files there are, and how many have arrived. */
  async load(): Promise<{
    filesDone: number;
    filesTotal: number;
    bytesDone: number;
    bytesTotal: number;
  }> {
    const kept = await this._database?.known(this._record.id);
    for (const { paths, sizes, times, hashes } of kept?.arrived ?? []) {
      paths.forEach((path, at) => {
        const hash = hashes.slice(at * HASH_SIZE, (at + 1) * HASH_SIZE);
        const file = { size: sizes[at], time: times[at], hash, url: null, hasArrived: true };
        this._known.set(path, file);
      });
    }
    for (const { path, size, time, hash, url } of kept?.large ?? []) {
      this._known.set(path, { size, time, hash, url, hasArrived: false });
    }
    this._list = kept?.list ?? null;
    this._hasList = this._list !== null;
    const arrived = [...this._known.values()].filter(({ hasArrived }) => hasArrived);
    return {
      filesDone: arrived.length,
      filesTotal: this._list?.paths.length ?? arrived.length,
      bytesDone: sum(arrived.map(({ size }) => size)),
      bytesTotal: sum(this._list?.sizes ?? arrived.map(({ size }) => size))
    };
  }

  /** What is known of a file, when it has not changed since. */
  find(path: string, file: File): { hash: Uint8Array | null; url: string | null } {
    const known = this._known.get(path);
    return known && known.size === file.size && known.time === file.lastModified
      ? known
      : { hash: null, url: null };
  }

  /** Files of the list that are not among these and have not arrived. */
  missing(items: readonly IItem[]): { path: string; size: number }[] {
    const here = new Set(items.map(({ path }) => path));
    return (this._list?.paths ?? [])
      .map((path, at) => ({ path, size: this._list?.sizes[at] ?? 0 }))
      .filter(({ path }) => !here.has(path) && !this._known.get(path)?.hasArrived);
  }

  async save(): Promise<void> {
    await this._quietly(database => database.save(this._record));
  }

  async saveList(items: readonly IItem[]): Promise<void> {
    await this._quietly(async database => {
      await database.saveList(this._record.id, listOf(items));
      this._hasList = true;
    });
  }

  /** Files are in the version. */
  arrived(items: readonly IItem[]): void {
    const fresh = items.filter(({ path }) => !this._known.get(path)?.hasArrived);
    const hashes = new Uint8Array(fresh.length * HASH_SIZE);
    fresh.forEach(({ path, file, hash }, at) => {
      if (hash) {
        const known = { size: file.size, time: file.lastModified, hash, url: null };
        hashes.set(hash, at * HASH_SIZE);
        this._known.set(path, { ...known, hasArrived: true });
      }
    });
    if (fresh.length > 0) {
      const { id } = this._record;
      void this._quietly(database => database.addArrived(id, { ...listOf(fresh), hashes }));
      items
        .filter(({ url }) => url !== null)
        .forEach(({ path }) => void this._quietly(database => database.deleteLarge(id, path)));
    }
  }

  /** The hash of a large file, or the URL of its upload, is known, or not valid any more. */
  learned({ path, file, hash, url }: IItem): void {
    const { id } = this._record;
    if (hash === null) {
      this._known.delete(path);
      void this._quietly(database => database.deleteLarge(id, path));
      return;
    }
    const known = { size: file.size, time: file.lastModified, hash, url };
    this._known.set(path, { ...known, hasArrived: false });
    void this._quietly(database => database.saveLarge({ upload: id, path, ...known }));
  }

  /** Nothing more is needed. */
  async forget(): Promise<void> {
    this._isForgotten = true;
    this._known.clear();
    await this._quietly(database => database.delete(this._record.id), true);
  }

  /** A full disk, or a user who clears what is kept, must not end the upload. */
  private async _quietly(
    work: (database: Database) => Promise<void>,
    always = false
  ): Promise<void> {
    if (this._database === null || (this._isForgotten && !always)) {
      return;
    }
    try {
      await work(this._database);
    } catch (error) {
      console.warn('An upload could not be kept for after a reload.', error);
    }
  }

  private _hasList = false;
  private _isForgotten = false;
  private _known = new Map<string, IKnownFile>();
  private _list: IFileList | null = null;
}

function listOf(items: readonly IItem[]): IFileList {
  return {
    paths: items.map(({ path }) => path),
    sizes: items.map(({ file }) => file.size),
    times: items.map(({ file }) => file.lastModified)
  };
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
