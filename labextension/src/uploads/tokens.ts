/** Uploads as others see them. */

import type { ISignal } from '@lumino/signaling';
import type { IVersionRef } from '../api/client';

/** A file to be uploaded, and where it goes in the version. */
export interface ISource {
  /** Path in the version. */
  path: string;
  file: File;
}

/** Where files come from; see `uploads/sources.ts`. */
export type Sources = AsyncIterable<ISource> | Iterable<ISource>;

export type UploadState =
  | 'scanning' // the list of files is not complete yet
  | 'running'
  | 'paused'
  | 'waiting' // after a reload: the files have to be chosen again, or the browser asks for permission
  | 'failed' // some files did not arrive; the others have
  | 'done'
  | 'cancelled';

/** Everything that was dropped or chosen at once. */
export interface IUpload {
  readonly id: string;
  readonly ref: IVersionRef;
  /** For people: the dataset's name, and what was dropped. */
  readonly title: string;
  readonly state: UploadState;
  readonly filesDone: number;
  readonly filesTotal: number;
  readonly bytesDone: number;
  readonly bytesTotal: number;
  /** Part of `bytesDone` that did not have to be sent, because the server had it. */
  readonly bytesSkipped: number;
  /** Bytes a second, over the last seconds. */
  readonly rate: number;
  readonly secondsLeft: number | null;
  /** Files on their way, and those that failed. */
  readonly files: readonly IUploadFile[];
}

export interface IUploadFile {
  readonly path: string;
  readonly size: number;
  readonly sent: number;
  readonly state: 'hashing' | 'sending' | 'failed';
  readonly error: { message: string; hint: string } | null;
}

export interface IUploads {
  /** All of this tab, newest first, until they are dismissed. */
  readonly all: readonly IUpload[];
  /** Something about them changed; at most a few times a second. */
  readonly changed: ISignal<IUploads, void>;
  /** Upload files into an uncommitted version, below the folder `target` (empty or ending with `/`). */
  add(ref: IVersionRef, target: string, title: string, sources: Sources): IUpload;
  pause(id: string): void;
  resume(id: string): void;
  /** Stop it; what has arrived stays in the version. */
  cancel(id: string): void;
  /** Try again what failed: one file, or all. */
  retry(id: string, path?: string): void;
  /** After a reload: go on, with the user's permission, or with the files chosen again. */
  continueWith(id: string, sources: Sources): void;
  /** Take what has ended off the list. */
  dismiss(id: string): void;
  /** Resolves when no upload into this version is under way any more. */
  settled(ref: IVersionRef): Promise<void>;
}
