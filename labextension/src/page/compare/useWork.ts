/** Work that takes a while: begun when it is first shown, stopped when something else is. */

import { useEffect, useState } from 'react';

export interface IWork<T> {
  state: 'working' | 'done' | 'failed' | 'stopped';
  value?: T;
  error?: unknown;
  /** From 0 to 1; null while it cannot be told. */
  progress: number | null;
  stop: () => void;
  again: () => void;
}

/** Reports progress, from 0 to 1. */
export type Report = (progress: number | null) => void;

const SETTLED = 120; // milliseconds: who runs through a list asks for nothing

type State<T> = Omit<IWork<T>, 'stop' | 'again'>;

/** Does the work anew whenever `key` changes. */
export function useWork<T>(
  key: string,
  work: (signal: AbortSignal, report: Report) => Promise<T>
): IWork<T> {
  const [attempt, setAttempt] = useState(0);
  const [state, setState] = useState<State<T>>({ state: 'working', progress: null });
  const [control, setControl] = useState<AbortController | null>(null);

  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    const isCurrent = (): boolean => !signal.aborted;
    setState({ state: 'working', progress: null });
    setControl(controller);
    const begin = async (): Promise<void> => {
      try {
        const report: Report = progress => isCurrent() && setState({ state: 'working', progress });
        const value = await work(signal, report);
        if (isCurrent()) {
          setState({ state: 'done', value, progress: 1 });
        }
      } catch (error) {
        if (isCurrent()) {
          setState({ state: 'failed', error, progress: null });
        }
      }
    };
    const timer = window.setTimeout(() => void begin(), SETTLED);
    return () => {
      window.clearTimeout(timer);
      controller.abort();
    };
  }, [key, attempt]); // eslint-disable-line react-hooks/exhaustive-deps

  return {
    ...state,
    stop: () => {
      control?.abort();
      setState({ state: 'stopped', progress: null });
    },
    again: () => setAttempt(attempt + 1)
  };
}
