/** The whole difference of two tables. */

import type { Breathe } from '../slices';
import { describeColumn, type IColumn } from './columns';
import { matchRows, type IRows } from './match';
import type { ITable } from './parse';

export interface IColumnDifference {
  name: string;
  /** Null where the column is not. */
  old: IColumn | null;
  new: IColumn | null;
}

export interface ITableDifference {
  columns: IColumnDifference[];
  /** Null when one of the tables does not exist. */
  rows: IRows | null;
}

/** Compare two tables; one of them may not exist. */
export async function compareTables(
  old: ITable | null,
  now: ITable | null,
  breathe: Breathe
): Promise<ITableDifference> {
  const gone = old?.columns.filter(name => !now?.columns.includes(name)) ?? [];
  const names = [...(now?.columns ?? []), ...gone];
  const columns: IColumnDifference[] = [];
  for (const name of names) {
    columns.push({
      name,
      old: await describe(old, name, breathe),
      new: await describe(now, name, breathe)
    });
  }
  return { columns, rows: old && now ? await matchRows(old, now, breathe) : null };
}

async function describe(
  table: ITable | null,
  name: string,
  breathe: Breathe
): Promise<IColumn | null> {
  const at = table?.columns.indexOf(name) ?? -1;
  return table === null || at < 0 ? null : describeColumn(table.rows, at, breathe);
}
