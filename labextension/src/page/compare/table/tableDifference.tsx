/** Two tables by their rows and by what their columns hold. */

import React from 'react';
import { useApp, useTrans } from '../../../context';
import { count } from '../../../format';
import { readContents, type IChanged } from '../contents';
import { decode } from '../decode';
import { suffixOf } from '../modes';
import { slices } from '../slices';
import { useWork } from '../useWork';
import { Working } from '../working';
import { compareTables, type ITableDifference } from './compare';
import { parseTable, type ITable } from './parse';
import { Rows } from './rows';
import { Statistics } from './statistics';

interface IFound {
  old: ITable | null;
  now: ITable | null;
  difference: ITableDifference;
}

export function TableDifference(props: { changed: IChanged; onBinary: JSX.Element }): JSX.Element {
  const { changed, onBinary } = props;
  const { client } = useApp();
  const { path, old_hash, new_hash } = changed.change;
  const delimiter = suffixOf(path) === 'csv' ? '' : '\t';
  const work = useWork<IFound | null>(`${path} ${old_hash} ${new_hash}`, async (signal, report) => {
    const contents = await readContents(client, changed, signal, report);
    const texts = [contents.old, contents.new].map(bytes => bytes && decode(bytes));
    if ((contents.old && !texts[0]) || (contents.new && !texts[1])) {
      return null;
    }
    report(1);
    const parse = (side: number): Promise<ITable> | null => {
      const text = texts[side];
      return text && parseTable(text.text, delimiter, signal);
    };
    const [old, now] = [await parse(0), await parse(1)];
    return { old, now, difference: await compareTables(old, now, slices(signal)) };
  });
  return <Working work={work}>{found => (found ? <Found {...found} /> : onBinary)}</Working>;
}

function Found({ old, now, difference }: IFound): JSX.Element {
  const trans = useTrans();
  const { columns, rows } = difference;
  const problems = (old?.problems ?? 0) + (now?.problems ?? 0);
  return (
    <div className="gd-TableDifference">
      {rows ? <Summary columns={columns} rows={rows} /> : <Single table={now ?? old} />}
      {problems > 0 && (
        <p className="gd-Note">
          {trans._n(
            'A quote in the file does not close: a row around it may be wrong.',
            '%1 quotes in the files do not close: rows around them may be wrong.',
            problems
          )}
        </p>
      )}
      <h4>{trans.__('Columns')}</h4>
      <Statistics columns={columns} changedIn={rows?.changedIn ?? new Map()} />
      {old && now && rows && rows.first.length > 0 && (
        <>
          <h4>
            {rows.first.length < rows.added + rows.removed + rows.changed
              ? trans.__('First rows that differ')
              : trans.__('Rows that differ')}
          </h4>
          <Rows old={old} now={now} rows={rows} />
        </>
      )}
    </div>
  );
}

function Single({ table }: { table: ITable | null }): JSX.Element {
  const trans = useTrans();
  return (
    <p>
      {trans.__(
        '%1 rows in %2 columns.',
        count(table?.rows.length ?? 0),
        count(table?.columns.length ?? 0)
      )}
    </p>
  );
}

function Summary(props: {
  columns: ITableDifference['columns'];
  rows: NonNullable<ITableDifference['rows']>;
}): JSX.Element {
  const trans = useTrans();
  const { columns, rows } = props;
  const added = columns.filter(({ old }) => old === null).map(({ name }) => name);
  const removed = columns.filter(column => column.new === null).map(({ name }) => name);
  return (
    <ul className="gd-Summary" aria-label={trans.__('What differs')}>
      <li>
        {trans.__(
          'Rows: %1 added, %2 removed, %3 changed, %4 equal.',
          count(rows.added),
          count(rows.removed),
          count(rows.changed),
          count(rows.equal)
        )}
      </li>
      <li>
        {rows.key === null
          ? trans.__(
              'No column has different values in all rows: equal rows belong together, others by their position.'
            )
          : trans.__('Rows belong together by the column %1.', rows.key)}
      </li>
      {added.length > 0 && <li>{trans.__('Columns added: %1', added.join(', '))}</li>}
      {removed.length > 0 && <li>{trans.__('Columns removed: %1', removed.join(', '))}</li>}
    </ul>
  );
}
