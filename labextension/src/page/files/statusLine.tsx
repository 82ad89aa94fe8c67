/** How many rows there are, how many are selected, and whether more come. */

import React from 'react';
import { useTrans } from '../../context';
import { bytes, count } from '../../format';
import { MOST_ROWS, type IListing } from './listing';
import type { IRow } from './rows';

export function StatusLine(props: {
  shown: IListing;
  isSearch: boolean;
  selected: readonly IRow[];
}): JSX.Element {
  const { shown, isSearch, selected } = props;
  const trans = useTrans();
  const { rows, isLoading, isCut } = shown;
  const number = count(rows.length);
  const total = isSearch
    ? trans._n('%2 file found', '%2 files found', rows.length, number)
    : trans._n('%2 item', '%2 items', rows.length, number);
  const isSized = selected.some(row => !row.isFolder);
  const size = selected.reduce((sum, row) => sum + row.size, 0);
  return (
    <div className="gd-StatusLine">
      {selected.length > 0 && (
        <span>
          {isSized
            ? trans.__('%1 selected, %2', count(selected.length), bytes(size))
            : trans.__('%1 selected', count(selected.length))}
        </span>
      )}
      {isLoading ? (
        <span>{isSearch ? trans.__('Searching… %1', total) : trans.__('Loading… %1', total)}</span>
      ) : isCut ? (
        <span role="status">
          {isSearch
            ? trans.__('Showing the first %1; search for something longer.', count(MOST_ROWS))
            : trans.__('Showing the first %1; search to find others.', count(MOST_ROWS))}
        </span>
      ) : (
        <span>{total}</span>
      )}
    </div>
  );
}
