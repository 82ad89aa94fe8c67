/** The lock of the notebook that is used, as it changes. */

import { useEffect, useReducer } from 'react';
import { useApp } from '../context';
import type { NotebookLock } from './notebookLock';

export function useLock(): NotebookLock | null {
  const { locks } = useApp();
  const [, redraw] = useReducer((tick: number) => tick + 1, 0);
  useEffect(() => {
    locks.changed.connect(redraw);
    return () => {
      locks.changed.disconnect(redraw);
    };
  }, [locks]);
  return locks.current;
}
