/** What is kept of uploads in the browser, so that they can go on after a reload. */

import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { IVersionRef } from '../api/client';

/** One upload. */
export interface IRecord {
  id: string;
  ref: IVersionRef;
  target: string;
  title: string;
  /** When it was begun: milliseconds. */
  created: number;
  isPaused: boolean;
  /** The put that has begun on the server. */
  put: string | null;
  /** Files and folders that the browser lets us read again. */
  handles: readonly FileSystemHandle[];
}

/** The files of an upload, column by column. */
export interface IFileList {
  paths: string[];
  sizes: number[];
  /** When they were changed last: milliseconds. */
  times: number[];
}

/** Files that have arrived, with their hashes one after the other. */
interface IArrived extends IFileList {
  upload: string;
  hashes: Uint8Array;
}

/** A large file whose hash is known, and perhaps the URL of its upload. */
export interface ILarge {
  upload: string;
  path: string;
  size: number;
  time: number;
  hash: Uint8Array;
  url: string | null;
}

/** All that is known of the files of one upload. */
export interface IKnown {
  list: IFileList | null;
  arrived: readonly (IFileList & { hashes: Uint8Array })[];
  large: readonly ILarge[];
}

interface ISchema extends DBSchema {
  uploads: { key: string; value: IRecord };
  lists: { key: string; value: IFileList & { upload: string } };
  arrived: { key: number; value: IArrived; indexes: { upload: string } };
  large: { key: [string, string]; value: ILarge; indexes: { upload: string } };
}

const VERSION = 1;

export class Database {
  /** @param name - One for each server that this browser knows under the same origin. */
  static async open(name: string): Promise<Database> {
    return new Database(
      await openDB<ISchema>(name, VERSION, {
        upgrade: database => {
          database.createObjectStore('uploads', { keyPath: 'id' });
          database.createObjectStore('lists', { keyPath: 'upload' });
          const arrived = database.createObjectStore('arrived', { autoIncrement: true });
          arrived.createIndex('upload', 'upload');
          const large = database.createObjectStore('large', { keyPath: ['upload', 'path'] });
          large.createIndex('upload', 'upload');
        }
      })
    );
  }

  private constructor(private _database: IDBPDatabase<ISchema>) {}

  /** All uploads, oldest first. */
  async all(): Promise<IRecord[]> {
    const records = await this._database.getAll('uploads');
    return records.sort((a, b) => a.created - b.created);
  }

  get(id: string): Promise<IRecord | undefined> {
    return this._database.get('uploads', id);
  }

  /** Keep an upload; without its handles where the browser cannot keep those. */
  async save(record: IRecord): Promise<void> {
    try {
      await this._database.put('uploads', record);
    } catch {
      await this._database.put('uploads', { ...record, handles: [] });
    }
  }

  async saveList(upload: string, list: IFileList): Promise<void> {
    await this._database.put('lists', { upload, ...list });
  }

  async addArrived(upload: string, files: IFileList & { hashes: Uint8Array }): Promise<void> {
    await this._database.add('arrived', { upload, ...files });
  }

  async saveLarge(file: ILarge): Promise<void> {
    await this._database.put('large', file);
  }

  async deleteLarge(upload: string, path: string): Promise<void> {
    await this._database.delete('large', [upload, path]);
  }

  async known(upload: string): Promise<IKnown> {
    const [list, arrived, large] = await Promise.all([
      this._database.get('lists', upload),
      this._database.getAllFromIndex('arrived', 'upload', upload),
      this._database.getAllFromIndex('large', 'upload', upload)
    ]);
    return { list: list ?? null, arrived, large };
  }

  /** Forget an upload. */
  async delete(upload: string): Promise<void> {
    const change = this._database.transaction(
      ['uploads', 'lists', 'arrived', 'large'],
      'readwrite'
    );
    const arrived = change.objectStore('arrived');
    const large = change.objectStore('large');
    const [arrivedKeys, largeKeys] = await Promise.all([
      arrived.index('upload').getAllKeys(upload),
      large.index('upload').getAllKeys(upload)
    ]);
    await Promise.all([
      change.objectStore('uploads').delete(upload),
      change.objectStore('lists').delete(upload),
      ...arrivedKeys.map(key => arrived.delete(key)),
      ...largeKeys.map(key => large.delete(key)),
      change.done
    ]);
  }

  close(): void {
    this._database.close();
  }
}
