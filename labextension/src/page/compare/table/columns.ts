/** What a column holds, in numbers. */

import type { Breathe } from '../slices';

export type ColumnType = 'empty' | 'integer' | 'number' | 'boolean' | 'date' | 'text';

export interface IColumn {
  type: ColumnType;
  missing: number;
  /** Different values; null when there are more than are worth counting. */
  distinct: number | null;
  /** Of numbers and dates, as they are written; null for everything else. */
  min: string | null;
  max: string | null;
  /** Of numbers. */
  mean: number | null;
}

export const MOST_DISTINCT = 100_000;
const BLOCK = 2_000; // cells between two looks at the clock

/** What pandas takes for a missing value, too. */
const MISSING = new Set([
  '',
  'NA',
  'N/A',
  'n/a',
  'NaN',
  'nan',
  '-nan',
  '<NA>',
  'NULL',
  'null',
  'None',
  '#N/A'
]);
const LONGEST_MISSING = Math.max(...[...MISSING].map(word => word.length));
const INTEGER = /^[+-]?\d+$/;
const NUMBER = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/;
const BOOLEAN = /^(?:true|false)$/i;
const DATE = /^\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?$/;

export function isMissing(cell: string): boolean {
  const text = cell.trim();
  return text.length <= LONGEST_MISSING && MISSING.has(text); // hashing long ones would take most of the time
}

/** Describe the column at a position of rows. */
export async function describeColumn(
  rows: readonly (readonly string[])[],
  at: number,
  breathe: Breathe
): Promise<IColumn> {
  const values = new Set<string>();
  const types = new Set<ColumnType>();
  let missing = 0;
  for (let row = 0; row < rows.length; row++) {
    if (row % BLOCK === 0) {
      await breathe();
    }
    const cell = rows[row][at].trim();
    if (isMissing(cell)) {
      missing += 1;
      continue;
    }
    if (values.size <= MOST_DISTINCT) {
      values.add(cell);
    }
    if (!types.has('text')) {
      types.add(typeOf(cell));
    }
  }
  const type = common(types);
  return {
    type,
    missing,
    distinct: values.size > MOST_DISTINCT ? null : values.size,
    ...(await range(rows, at, type, breathe))
  };
}

function typeOf(cell: string): ColumnType {
  if (INTEGER.test(cell)) {
    return 'integer';
  }
  if (NUMBER.test(cell)) {
    return 'number';
  }
  if (DATE.test(cell)) {
    return 'date';
  }
  return BOOLEAN.test(cell) ? 'boolean' : 'text';
}

function common(types: ReadonlySet<ColumnType>): ColumnType {
  const [first = 'empty'] = types;
  if (types.size < 2) {
    return first;
  }
  return types.size === 2 && types.has('integer') && types.has('number') ? 'number' : 'text';
}

async function range(
  rows: readonly (readonly string[])[],
  at: number,
  type: ColumnType,
  breathe: Breathe
): Promise<Pick<IColumn, 'min' | 'max' | 'mean'>> {
  const isNumeric = type === 'integer' || type === 'number';
  if (!isNumeric && type !== 'date') {
    return { min: null, max: null, mean: null };
  }
  const rank = isNumeric ? Number : (cell: string) => Date.parse(cell.replace(' ', 'T'));
  let min = '';
  let max = '';
  let least = Infinity;
  let most = -Infinity;
  let sum = 0;
  let number = 0;
  for (let row = 0; row < rows.length; row++) {
    if (row % BLOCK === 0) {
      await breathe();
    }
    const cell = rows[row][at].trim();
    if (isMissing(cell)) {
      continue;
    }
    const value = rank(cell);
    number += 1;
    sum += value;
    if (value < least) {
      [least, min] = [value, cell];
    }
    if (value > most) {
      [most, max] = [value, cell];
    }
  }
  return { min: min || null, max: max || null, mean: isNumeric && number ? sum / number : null };
}
