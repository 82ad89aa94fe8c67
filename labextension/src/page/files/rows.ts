/** Rows of the table of files, and their order. */

import type { FileInfo } from '../../api/types';

export interface IRow {
  /** Full path in the version; a folder's ends with `/`. */
  readonly path: string;
  /** What the table shows: the last part of the path, or all of it in results of a search. */
  readonly name: string;
  readonly size: number;
  readonly isFolder: boolean;
  /** BLAKE3 in hexadecimal; empty for a folder. */
  readonly hash: string;
  readonly isExecutable: boolean;
  /** What is compared to order rows by name: many are compared, so it is made once. */
  readonly key: string;
}

export interface ISort {
  readonly by: 'name' | 'size';
  readonly isDescending: boolean;
}

export const BY_NAME: ISort = { by: 'name', isDescending: false };

export type Compare = (a: IRow, b: IRow) => number;

/** The last part of a path, without the slash of a folder. */
export function baseName(path: string): string {
  const end = path.endsWith('/') ? path.length - 1 : path.length;
  return path.slice(path.lastIndexOf('/', end - 1) + 1, end);
}

/** The folder that holds a file or folder: empty, or ending with `/`. */
export function parentOf(path: string): string {
  return path.slice(0, path.lastIndexOf('/', path.length - 2) + 1);
}

/** A row of a folder, or of what a search found, as the server lists it. */
export function toRow(info: FileInfo, isFound: boolean): IRow {
  const name = isFound ? info.path : baseName(info.path);
  return {
    path: info.path,
    name,
    size: info.size,
    isFolder: info.is_folder ?? false,
    hash: info.hash,
    isExecutable: info.executable ?? false,
    key: naturalKey(name)
  };
}

/** The same file or folder with another path. */
export function moved(row: IRow, path: string): IRow {
  const name = row.name === row.path ? path : baseName(path);
  return { ...row, path, name, key: naturalKey(name) };
}

/** Strings whose plain order is that of names as people sort them: `b2` before `B10`, `é` beside `e`. */
export function naturalKey(name: string): string {
  // eslint-disable-next-line no-control-regex
  const isPlain = /^[\x00-\x7f]*$/.test(name);
  const letters = isPlain ? name : name.normalize('NFD').replace(/\p{M}/gu, '');
  return letters.toLowerCase().replace(/\d+/g, withLength);
}

/** Digits behind their count, so that longer numbers come later; zeros in front do not count. */
function withLength(digits: string): string {
  const number = digits.replace(/^0+(?=\d)/, '');
  const length = number.length;
  return (length < 10 ? String(length) : ':' + String.fromCharCode(length)) + number;
}

/** Folders come first, whatever the order of the files. */
export function comparator({ by, isDescending }: ISort): Compare {
  const sign = isDescending ? -1 : 1;
  const bySize = by === 'size';
  return (a, b) => {
    if (a.isFolder !== b.isFolder) {
      return a.isFolder ? -1 : 1;
    }
    if (bySize && a.size !== b.size) {
      return sign * (a.size - b.size);
    }
    return (bySize ? 1 : sign) * byName(a, b);
  };
}

function byName(a: IRow, b: IRow): number {
  if (a.key !== b.key) {
    return a.key < b.key ? -1 : 1;
  }
  return a.path < b.path ? -1 : a.path > b.path ? 1 : 0;
}

/** The place of the first row after `from` whose name begins so, going round; -1 when none does. */
export function findPrefix(rows: readonly IRow[], from: number, prefix: string): number {
  const wanted = prefix.toLowerCase();
  for (let step = 0; step < rows.length; step++) {
    const index = (from + step) % rows.length;
    if (rows[index].name.toLowerCase().startsWith(wanted)) {
      return index;
    }
  }
  return -1;
}
