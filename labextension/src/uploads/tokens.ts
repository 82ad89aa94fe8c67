/** Uploads as others see them. */

import type { ISignal } from '@lumino/signaling';
import type { IVersionRef } from '../api/client';

/** A file to be uploaded, or one that was found and cannot be read. */
export type ISource = IReadableSource | IUnreadableSource;

export interface IReadableSource {
  /** Path below the folder that the upload goes to. */
  path: string;
  file: File;
  /** The file as it is now, where the browser can look again. */
  again?: () => Promise<File>;
}

export interface IUnreadableSource {
  path: string;
  problem: unknown;
  again?: () => Promise<File>;
}

/** Where files come from; see `uploads/sources.ts`. */
export type Sources = (AsyncIterable<ISource> | Iterable<ISource>) & {
  /** What the browser can keep beyond a reload, where it can. */
  readonly handles?: Promise<readonly FileSystemHandle[]>;
};

export type UploadState =
  | 'scanning' // the list of files is not complete yet
  | 'running'
  | 'paused'
  | 'waiting' // after a reload, see `waitsFor`
  | 'failed' // some files did not arrive, or nothing more can (`error`); what has arrived stays
  | 'done'
  | 'cancelled';

/** What went wrong, and what to do next. */
export interface IUploadError {
  readonly message: string;
  readonly hint: string;
}

/** Everything that was dropped or chosen at once. */
export interface IUpload {
  readonly id: string;
  readonly ref: IVersionRef;
  /** Folder in the version: empty, or ending with `/`. */
  readonly target: string;
  /** For people: the dataset's name, and what was dropped. */
  readonly title: string;
  readonly state: UploadState;
  /** While it waits: for the browser's permission to read the files, or for the files themselves. */
  readonly waitsFor: 'permission' | 'files' | null;
  /** Whether it goes on as soon as the server answers again. */
  readonly isOffline: boolean;
  /** Why nothing more can arrive. */
  readonly error: IUploadError | null;
  /** Whether it failed and `retry` can help. */
  readonly canRetry: boolean;
  readonly filesDone: number;
  readonly filesFailed: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Part of `bytesDone` that did not have to be sent, because the server had it. */
  readonly bytesSkipped: number;
  /** Bytes a second, over the last seconds. */
  readonly rate: number;
  readonly secondsLeft: number | null;
  /** Files that failed, and large ones on their way. */
  readonly files: readonly IUploadFile[];
}

export interface IUploadFile {
  readonly path: string;
  readonly size: number;
  /** Bytes that have been read (`hashing`), or have arrived (`sending`). */
  readonly sent: number;
  readonly state: 'hashing' | 'sending' | 'failed';
  readonly error: IUploadError | null;
  /** Whether `retry` can help. */
  readonly canRetry: boolean;
}

export interface IUploads {
  /** All of this tab, newest first, until they are dismissed. */
  readonly all: readonly IUpload[];
  /** Something about them changed; at most a few times a second. */
  readonly changed: ISignal<IUploads, void>;
  /** An upload is done, failed or was cancelled. */
  readonly ended: ISignal<IUploads, IUpload>;
  /**
   * Upload files into an uncommitted version, below the folder `target` (empty or ending with `/`);
   * or go on with an upload of the same title that waits for its files.
   */
  add(ref: IVersionRef, target: string, title: string, sources: Sources): IUpload;
  pause(id: string): void;
  resume(id: string): void;
  /** Stop it; what has arrived stays in the version. */
  cancel(id: string): void;
  /** Try again what failed: one file, or all. */
  retry(id: string, path?: string): void;
  /** After a reload: go on with the user's permission, or with the files chosen again. */
  continueWith(id: string, sources: Sources | null): void;
  /** Take what has ended off the list. */
  dismiss(id: string): void;
  /** Resolves when no upload into this version is moving any more: all have ended, or wait for the user. */
  settled(ref: IVersionRef): Promise<void>;
}
