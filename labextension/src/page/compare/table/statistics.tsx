/** What each column holds, old and new. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import { useTrans } from '../../../context';
import { count } from '../../../format';
import { MOST_DISTINCT, type ColumnType, type IColumn } from './columns';
import type { IColumnDifference } from './compare';
import { OldNew } from './oldNew';

export function Statistics(props: {
  columns: readonly IColumnDifference[];
  /** In how many rows each column differs. */
  changedIn: ReadonlyMap<string, number>;
}): JSX.Element {
  const trans = useTrans();
  return (
    <div
      className="gd-TableScroller"
      tabIndex={0}
      role="region"
      aria-label={trans.__('Statistics of columns')}
    >
      <table className="gd-Table">
        <thead>
          <tr>
            <th scope="col">{trans.__('Column')}</th>
            <th scope="col">{trans.__('Rows changed')}</th>
            <th scope="col">{trans.__('Type')}</th>
            <th scope="col">{trans.__('Missing')}</th>
            <th scope="col">{trans.__('Distinct')}</th>
            <th scope="col">{trans.__('Min')}</th>
            <th scope="col">{trans.__('Max')}</th>
            <th scope="col">{trans.__('Mean')}</th>
          </tr>
        </thead>
        <tbody>
          {props.columns.map(column => (
            <Row
              key={column.name}
              column={column}
              changed={props.changedIn.get(column.name) ?? 0}
            />
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Row(props: { column: IColumnDifference; changed: number }): JSX.Element {
  const trans = useTrans();
  const { name, old, new: now } = props.column;
  const cell = (show: (column: IColumn) => string): JSX.Element => (
    <td>
      <OldNew old={old && show(old)} new={now && show(now)} />
    </td>
  );
  return (
    <tr>
      <th scope="row">{name}</th>
      <td>{props.changed ? count(props.changed) : ''}</td>
      {cell(({ type }) => nameOf(type, trans))}
      {cell(({ missing }) => count(missing))}
      {cell(({ distinct }) =>
        distinct === null ? trans.__('over %1', count(MOST_DISTINCT)) : count(distinct)
      )}
      {cell(({ min }) => min ?? '')}
      {cell(({ max }) => max ?? '')}
      {cell(({ mean }) => (mean === null ? '' : short(mean)))}
    </tr>
  );
}

/** At most six digits that say something. */
function short(value: number): string {
  return value.toLocaleString(undefined, { maximumSignificantDigits: 6 });
}

function nameOf(type: ColumnType, trans: TranslationBundle): string {
  const names: Record<ColumnType, string> = {
    empty: trans.__('empty'),
    integer: trans.__('integer'),
    number: trans.__('number'),
    boolean: trans.__('boolean'),
    date: trans.__('date'),
    text: trans.__('text')
  };
  return names[type];
}
