/** The files of an upload, and what the parts of the engine tell of them. */

import { ApiError } from '../api/request';
import type { Entry } from './pack';

export interface IItem {
  /** Path in the version. */
  readonly path: string;
  file: File;
  readonly again?: () => Promise<File>;
  /** Of the content that `file` has, as soon as it is known. */
  hash: Uint8Array | null;
  /** Of the upload of a large file that has begun and not ended. */
  url: string | null;
  state: 'pending' | 'done' | 'failed';
}

/** What a transfer tells of its files. */
export interface IReport {
  /** They are in the version; nothing was sent of those that the server had. */
  done(items: readonly IItem[], wasThere: boolean): void;
  failed(item: IItem, error: ApiError): void;
  /** A large file moves on: bytes that were read, or that have arrived. */
  moved(item: IItem, state: 'hashing' | 'sending', bytes: number): void;
  /** A file was read anew, because it had changed. */
  replaced(item: IItem, file: File): void;
  /** The hash of a large file, or the URL of its upload, is known, or not valid any more. */
  learned(item: IItem): void;
}

const encoder = new TextEncoder();

/** Bytes of a path, as the server counts them. */
export function pathBytes(path: string): Uint8Array {
  return encoder.encode(path);
}

/** Whether a file that was looked at again has another content, as far as one can tell without reading it. */
export function isChanged(before: File, now: File): boolean {
  return before.size !== now.size || before.lastModified !== now.lastModified;
}

/** A file as the server takes it; its hash must be known. */
export function entryOf(item: IItem): Entry {
  if (item.hash === null) {
    throw new Error(`${item.path} has no hash yet.`);
  }
  return [pathBytes(item.path), item.file.size, item.hash, false];
}
