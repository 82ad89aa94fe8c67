/** Which rows are selected, and where the keyboard is: by path, so that both survive a refresh. */

import type { IRow } from './rows';

export interface ISelection {
  readonly paths: ReadonlySet<string>;
  /** The row that keys act on. */
  readonly cursor: string | null;
  /** Where a range that is extended with Shift begins. */
  readonly anchor: string | null;
}

export const NOTHING: ISelection = { paths: new Set(), cursor: null, anchor: null };

/** `only` selects one row, `toggle` adds or removes it, `extend` selects up to it, `keep` just goes there. */
export type SelectMode = 'only' | 'toggle' | 'extend' | 'keep';

export function indexOf(rows: readonly IRow[], path: string | null): number {
  return path === null ? -1 : rows.findIndex(row => row.path === path);
}

/** The selection after a click on a row, or a key that moves to it. */
export function select(
  old: ISelection,
  rows: readonly IRow[],
  index: number,
  mode: SelectMode
): ISelection {
  const { path } = rows[index];
  switch (mode) {
    case 'only':
      return { paths: new Set([path]), cursor: path, anchor: path };
    case 'keep':
      return { ...old, cursor: path };
    case 'toggle': {
      const paths = new Set(old.paths);
      if (!paths.delete(path)) {
        paths.add(path);
      }
      return { paths, cursor: path, anchor: path };
    }
    case 'extend': {
      const found = indexOf(rows, old.anchor ?? old.cursor);
      const from = found < 0 ? index : found;
      const range = rows.slice(Math.min(from, index), Math.max(from, index) + 1);
      return {
        paths: new Set(range.map(row => row.path)),
        cursor: path,
        anchor: rows[from].path
      };
    }
  }
}

export function selectAll(old: ISelection, rows: readonly IRow[]): ISelection {
  return { ...old, paths: new Set(rows.map(row => row.path)) };
}

/** The selected rows, in the order of the table. */
export function selectedRows({ paths }: ISelection, rows: readonly IRow[]): IRow[] {
  return paths.size === 0 ? [] : rows.filter(row => paths.has(row.path));
}

/**
 * The selection after the rows changed: what is gone is not selected, and the keyboard is at the
 * neighbour of a row that is gone.
 */
export function keepSelection(
  old: ISelection,
  before: readonly IRow[],
  after: readonly IRow[]
): ISelection {
  if (old.cursor === null && old.paths.size === 0) {
    return old;
  }
  const there = present(new Set([...old.paths, old.cursor, old.anchor]), after);
  const paths = [...old.paths].filter(path => there.has(path));
  const isCursorThere = old.cursor === null || there.has(old.cursor);
  const cursor = isCursorThere ? old.cursor : neighbour(old.cursor, before, after);
  if (paths.length === old.paths.size && cursor === old.cursor) {
    return old;
  }
  const anchor = old.anchor !== null && there.has(old.anchor) ? old.anchor : cursor;
  return { paths: new Set(paths), cursor, anchor };
}

/** Those of some paths that have a row. */
function present(wanted: ReadonlySet<string | null>, rows: readonly IRow[]): Set<string> {
  const found = new Set<string>();
  for (const { path } of rows) {
    if (wanted.has(path)) {
      found.add(path);
    }
  }
  return found;
}

/** The row that is nearest to where a row was: the one below, otherwise the one above. */
function neighbour(
  path: string | null,
  before: readonly IRow[],
  after: readonly IRow[]
): string | null {
  const there = new Set(after.map(row => row.path));
  const isThere = (row: IRow): boolean => there.has(row.path);
  const at = indexOf(before, path);
  const above = before.slice(0, Math.max(at, 0)).reverse();
  return (before.slice(at + 1).find(isThere) ?? above.find(isThere))?.path ?? null;
}
