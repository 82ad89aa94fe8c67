/** The rules for paths in a version; see `datasets/paths.py`. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { pathBytes } from './item';

const MOST_BYTES = 4096;

/** The form in which a path is stored. */
export function normalized(path: string): string {
  return path.normalize('NFC');
}

/** Why there cannot be a file of this path in a version; null when there can. */
export function pathProblem(path: string, trans: TranslationBundle): string | null {
  if (/[\ud800-\udfff]/u.test(path)) {
    return trans.__('its name is not valid Unicode');
  }
  if (path.includes('\0')) {
    return trans.__('its name has a NUL character');
  }
  if (path.split('/').some(part => part === '' || part === '.' || part === '..')) {
    return trans.__("a part of its path is empty, '.' or '..'");
  }
  if (pathBytes(path).length > MOST_BYTES) {
    return trans.__('its path is longer than 4,096 bytes');
  }
  return null;
}
