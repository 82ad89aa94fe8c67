/** The files that differ between two versions, page by page. */

import { useCallback, useEffect, useReducer, useRef } from 'react';
import { ApiError } from '../../api/request';
import type { IVersionRef } from '../../api/client';
import type { Change } from '../../api/types';
import { useApp } from '../../context';

interface IDiff {
  changes: readonly Change[];
  /** Whether there are no more. */
  isEnd: boolean;
  isLoading: boolean;
  error: ApiError | null;
  /** Ask for the next page, unless one is on its way. */
  more: () => void;
}

interface IState {
  changes: readonly Change[];
  /** Where the next page begins; null at the end, undefined before the first. */
  next: string | null | undefined;
  isLoading: boolean;
  error: ApiError | null;
}

const START: IState = { changes: [], next: undefined, isLoading: true, error: null };

/** Begins anew when one of the versions is another, or `revision` changes from one to the next. */
export function useDiff(ref: IVersionRef, old: string, revision: unknown): IDiff {
  const { client } = useApp();
  const { dataset, version } = ref;
  const [state, set] = useReducer(
    (before: IState, change: Partial<IState>): IState => ({ ...before, ...change }),
    START
  );
  const current = useRef(START);
  const run = useRef(0);
  current.current = state;

  const load = useCallback(
    async (isFirst: boolean): Promise<void> => {
      const mine = run.current;
      const after = isFirst ? undefined : current.current.next;
      set({ isLoading: true, error: null });
      let change: Partial<IState>;
      try {
        const page = await client.diff({ dataset, version }, `${dataset}:${old}`, after);
        const known = isFirst ? [] : current.current.changes;
        change = { changes: [...known, ...page.items], next: page.next_token ?? null };
      } catch (error) {
        change = { error: ApiError.of(error) };
      }
      if (mine === run.current) {
        set({ ...change, isLoading: false });
      }
    },
    [client, dataset, version, old]
  );

  useEffect(() => {
    run.current += 1;
    set(START);
    void load(true);
    return () => {
      run.current += 1;
    };
  }, [load]);

  const seen = useRef(revision);
  useEffect(() => {
    const isFirst = seen.current === undefined;
    if (seen.current !== revision) {
      seen.current = revision;
      if (!isFirst) {
        run.current += 1;
        void load(true); // what was seen stays until the answer is there
      }
    }
  }, [load, revision]);

  const more = useCallback(() => {
    if (!current.current.isLoading && current.current.next !== null) {
      void load(current.current.next === undefined);
    }
  }, [load]);
  const { changes, isLoading, error, next } = state;
  return { changes, isLoading, error, isEnd: next === null, more };
}
