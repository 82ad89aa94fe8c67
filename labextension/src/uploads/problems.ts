/** What errors mean for an upload: wait, try again, leave one file out, or end. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { ApiError, MISSING, UNREACHABLE } from '../api/request';

/** The server refuses one file and would take the others. */
const ONE_FILE = new Set([
  'invalid_path',
  'paths_clash',
  'content_unexpected',
  'upload_checksum',
  'upload_too_long',
  'too_large',
  'invalid_request'
]);

const FINAL = new Set(['version_committed', 'version_not_found', 'dataset_not_found', 'empty']);

/** Whether the server is away, or something before it that answers in its place. */
export function isAway({ code, status }: ApiError): boolean {
  return code === UNREACHABLE || code === MISSING || status === 424;
}

/** Whether the same request may succeed in a moment. */
export function isTemporary({ status }: ApiError): boolean {
  return status === 429 || status >= 500;
}

/** The version is committed or gone, or there are no files: no retry can help, not even after a reload. */
export function isFinal({ code }: ApiError): boolean {
  return FINAL.has(code);
}

export function isOneFiles({ code }: ApiError): boolean {
  return ONE_FILE.has(code);
}

export const UNREADABLE = 'unreadable';

/** A file that the browser cannot read, in words. */
export function unreadable(reason: unknown, trans: TranslationBundle): ApiError {
  const name = reason instanceof DOMException ? reason.name : '';
  const message =
    name === 'NotFoundError'
      ? trans.__('The file is not there any more.')
      : name === 'NotAllowedError'
        ? trans.__('The browser may not read this file.')
        : trans.__('The file cannot be read: it was changed, moved or deleted, or is protected.');
  return new ApiError(UNREADABLE, message, trans.__('Put it back or choose it again.'), 400);
}
