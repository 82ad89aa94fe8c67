/** The first rows that differ, with the changed cells marked. */

import React from 'react';
import { useTrans } from '../../../context';
import { count } from '../../../format';
import { sharedColumns, type IPair, type IRows, type IShared } from './match';
import { OldNew } from './oldNew';
import type { ITable } from './parse';

const MOST_COLUMNS = 30;

export function Rows(props: { old: ITable; now: ITable; rows: IRows }): JSX.Element {
  const trans = useTrans();
  const { old, now, rows } = props;
  const shared = sharedColumns(old, now);
  const columns = worthShowing(shared, rows);
  return (
    <>
      {columns.length < shared.length && (
        <p className="gd-Note">
          {trans.__('%1 of %2 columns: those that changed first.', columns.length, shared.length)}
        </p>
      )}
      <div
        className="gd-TableScroller"
        tabIndex={0}
        role="region"
        aria-label={trans.__('Rows that differ')}
      >
        <table className="gd-Table">
          <thead>
            <tr>
              <th scope="col">{trans.__('Row')}</th>
              <th scope="col">{trans.__('Change')}</th>
              {columns.map(({ name }) => (
                <th key={name} scope="col">
                  {name}
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {rows.first.map(pair => (
              <Row key={`${pair.old} ${pair.new}`} pair={pair} columns={columns} {...props} />
            ))}
          </tbody>
        </table>
      </div>
    </>
  );
}

function Row(props: {
  pair: IPair;
  columns: readonly IShared[];
  old: ITable;
  now: ITable;
}): JSX.Element {
  const trans = useTrans();
  const { pair, columns, old, now } = props;
  const before = pair.old === null ? null : old.rows[pair.old];
  const after = pair.new === null ? null : now.rows[pair.new];
  const [kind, word] =
    before === null
      ? ['added', trans.__('added')]
      : after === null
        ? ['removed', trans.__('removed')]
        : ['changed', trans.__('changed')];
  return (
    <tr className={`gd-mod-${kind}`}>
      <th scope="row">{count((pair.new ?? pair.old ?? 0) + 1)}</th>
      <td>{word}</td>
      {columns.map(column => (
        <td key={column.name}>
          <OldNew old={before && before[column.old]} new={after && after[column.new]} />
        </td>
      ))}
    </tr>
  );
}

/** The key and what changed, then the others, in the table's order as far as there is room. */
function worthShowing(shared: readonly IShared[], { key, changedIn }: IRows): readonly IShared[] {
  if (shared.length <= MOST_COLUMNS) {
    return shared;
  }
  const isWorthMore = ({ name }: IShared): boolean => name === key || changedIn.has(name);
  const chosen = [
    ...shared.filter(isWorthMore),
    ...shared.filter(column => !isWorthMore(column))
  ].slice(0, MOST_COLUMNS);
  return shared.filter(column => chosen.includes(column));
}
