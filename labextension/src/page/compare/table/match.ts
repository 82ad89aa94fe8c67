/** Which rows of two tables belong together, and what differs between them. */

import type { Breathe } from '../slices';
import { isMissing } from './columns';
import type { ITable } from './parse';

/** Positions of a row in the old and the new table; null where it is not. */
export interface IPair {
  old: number | null;
  new: number | null;
}

export interface IRows {
  /** The column whose values told which rows belong together; null when there is none. */
  key: string | null;
  added: number;
  removed: number;
  changed: number;
  equal: number;
  /** In how many of the changed rows each column of both differs. */
  changedIn: Map<string, number>;
  /** The first rows that differ: changed ones, then added, then removed ones. */
  first: IPair[];
}

export interface IShared {
  name: string;
  old: number;
  new: number;
}

const SAMPLE = 100; // rows of a kind
const BLOCK = 1_000; // rows between two looks at the clock

/** The columns of both tables, in the new one's order. */
export function sharedColumns(old: ITable, now: ITable): IShared[] {
  return now.columns.flatMap((name, at) => {
    const before = old.columns.indexOf(name);
    return before < 0 ? [] : [{ name, old: before, new: at }];
  });
}

/** Compare rows by the columns of both tables. */
export async function matchRows(old: ITable, now: ITable, breathe: Breathe): Promise<IRows> {
  const shared = sharedColumns(old, now);
  const key = await findKey(old, now, shared, breathe);
  const pairs =
    key === null
      ? await pairByContent(old, now, shared, breathe)
      : await pairByKey(old, now, key, breathe);
  return count(old, now, shared, key, pairs, breathe);
}

/** The first column of both without missing or repeated values in either. */
async function findKey(
  old: ITable,
  now: ITable,
  shared: readonly IShared[],
  breathe: Breathe
): Promise<IShared | null> {
  for (const column of shared) {
    if (
      (await isUnique(old.rows, column.old, breathe)) &&
      (await isUnique(now.rows, column.new, breathe))
    ) {
      return column;
    }
  }
  return null;
}

async function isUnique(rows: string[][], at: number, breathe: Breathe): Promise<boolean> {
  const seen = new Set<string>();
  for (let row = 0; row < rows.length; row++) {
    if (row % BLOCK === 0) {
      await breathe();
    }
    const cell = rows[row][at];
    if (seen.has(cell) || isMissing(cell)) {
      return false;
    }
    seen.add(cell);
  }
  return true;
}

async function pairByKey(
  old: ITable,
  now: ITable,
  key: IShared,
  breathe: Breathe
): Promise<IPair[]> {
  const places = new Map<string, number>();
  for (let at = 0; at < old.rows.length; at++) {
    if (at % BLOCK === 0) {
      await breathe();
    }
    places.set(old.rows[at][key.old], at);
  }
  const pairs: IPair[] = [];
  for (let at = 0; at < now.rows.length; at++) {
    if (at % BLOCK === 0) {
      await breathe();
    }
    const value = now.rows[at][key.new];
    pairs.push({ old: places.get(value) ?? null, new: at });
    places.delete(value);
  }
  places.forEach(at => pairs.push({ old: at, new: null }));
  return pairs;
}

/**
 * Rows with the same content belong together, however often it occurs; of the rest those at the
 * same position.
 */
async function pairByContent(
  old: ITable,
  now: ITable,
  shared: readonly IShared[],
  breathe: Breathe
): Promise<IPair[]> {
  const text = (row: readonly string[], side: 'old' | 'new'): string =>
    shared.map(column => row[column[side]]).join('\0');
  const places = new Map<string, number[]>(); // the first of them last
  for (let at = old.rows.length - 1; at >= 0; at--) {
    if (at % BLOCK === 0) {
      await breathe();
    }
    const content = text(old.rows[at], 'old');
    const known = places.get(content);
    if (known) {
      known.push(at);
    } else {
      places.set(content, [at]);
    }
  }
  const pairs: IPair[] = [];
  for (let at = 0; at < now.rows.length; at++) {
    if (at % BLOCK === 0) {
      await breathe();
    }
    pairs.push({ old: places.get(text(now.rows[at], 'new'))?.pop() ?? null, new: at });
  }
  const left = new Set([...places.values()].flat());
  for (const pair of pairs) {
    if (pair.old === null && pair.new !== null && left.delete(pair.new)) {
      pair.old = pair.new;
    }
  }
  [...left].sort((a, b) => a - b).forEach(at => pairs.push({ old: at, new: null }));
  return pairs;
}

async function count(
  old: ITable,
  now: ITable,
  shared: readonly IShared[],
  key: IShared | null,
  pairs: readonly IPair[],
  breathe: Breathe
): Promise<IRows> {
  const found = { added: [] as IPair[], removed: [] as IPair[], changed: [] as IPair[] };
  const changedIn = new Map<string, number>();
  let equal = 0;
  const counts = { added: 0, removed: 0, changed: 0 };
  for (let at = 0; at < pairs.length; at++) {
    if (at % BLOCK === 0) {
      await breathe();
    }
    const pair = pairs[at];
    const kind = compare(pair, old, now, shared, changedIn);
    if (kind === null) {
      equal += 1;
      continue;
    }
    counts[kind] += 1;
    if (found[kind].length < SAMPLE) {
      found[kind].push(pair);
    }
  }
  const first = [...found.changed, ...found.added, ...found.removed];
  return { key: key?.name ?? null, ...counts, equal, changedIn, first };
}

function compare(
  pair: IPair,
  old: ITable,
  now: ITable,
  shared: readonly IShared[],
  changedIn: Map<string, number>
): 'added' | 'removed' | 'changed' | null {
  if (pair.old === null) {
    return 'added';
  }
  if (pair.new === null) {
    return 'removed';
  }
  const [before, after] = [old.rows[pair.old], now.rows[pair.new]];
  const different = shared.filter(column => before[column.old] !== after[column.new]);
  different.forEach(({ name }) => changedIn.set(name, (changedIn.get(name) ?? 0) + 1));
  return different.length > 0 ? 'changed' : null;
}
