/** The selection in the place that is shown; another place begins with none. */

import { useLayoutEffect, useRef, useState } from 'react';
import type { IRow } from './rows';
import { keepSelection, NOTHING, type ISelection } from './selection';

export function useSelection(
  place: string,
  rows: readonly IRow[],
  isPending: boolean
): [ISelection, (selection: ISelection, inPlace?: string) => void] {
  const [held, setHeld] = useState({ place, selection: NOTHING });
  const selection = held.place === place ? held.selection : NOTHING;
  const set = (next: ISelection, inPlace = place): void =>
    setHeld({ place: inPlace, selection: next });

  const before = useRef({ place, rows });
  useLayoutEffect(() => {
    const old = before.current;
    before.current = { place, rows };
    if (old.place === place && old.rows !== rows && !isPending) {
      const kept = keepSelection(selection, old.rows, rows);
      if (kept !== selection) {
        set(kept);
      }
    }
  }, [place, rows]); // eslint-disable-line react-hooks/exhaustive-deps
  return [selection, set];
}
