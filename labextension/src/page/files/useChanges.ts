/** Runs changes of a version's files one after the other, and remembers how to undo them. */

import { useRef, useState } from 'react';
import type { TaskInfo } from '../../api/types';
import { ApiError } from '../../api/request';
import { useApp } from '../../context';
import type { IDone } from './changes';

/** What a change is doing, or has done. */
export interface IOutcome {
  message: string;
  /** While it is being done: how to stop it. */
  task: TaskInfo | null;
  isRunning: boolean;
  canUndo: boolean;
}

/** What a change is given while it is made. */
export interface ITurn {
  /** Resolves when the changes before have ended. */
  begun: Promise<void>;
  /** The server has begun with it: it may take long, and can be stopped. */
  onTask: (task: TaskInfo) => void;
}

export interface IChanges {
  outcome: IOutcome | null;
  error: ApiError | null;
  /** Change something; `doing` says what, while it takes. Rejects when it failed; `error` says why unless `isQuiet`. */
  run: <T extends IDone>(
    doing: string,
    make: (turn: ITurn) => Promise<T | null>,
    isQuiet?: boolean
  ) => Promise<T | null>;
  /** Undo the last thing that was done and not undone. */
  undo: () => Promise<void>;
  dismiss: () => void;
}

export function useChanges(): IChanges {
  const { trans } = useApp();
  const [outcome, setOutcome] = useState<IOutcome | null>(null);
  const [error, setError] = useState<ApiError | null>(null);
  const undoable = useRef<(() => Promise<void>)[]>([]);
  const last = useRef(Promise.resolve());
  const waiting = useRef(0);

  /** What to say when it has ended; null for nothing. */
  const inTurn = async (
    doing: string,
    isQuiet: boolean,
    make: (turn: ITurn) => Promise<string | null>
  ): Promise<void> => {
    const begun = last.current;
    let end = (): void => undefined;
    last.current = new Promise(resolve => (end = resolve));
    waiting.current += 1;
    setError(null);
    setOutcome({ message: doing, task: null, isRunning: true, canUndo: false });
    let message: string | null = null;
    try {
      message = await make({ begun, onTask: task => setOutcome(now => now && { ...now, task }) });
    } catch (reason) {
      const failure = ApiError.of(reason);
      setError(isQuiet || failure.code === 'cancelled' ? null : failure);
      throw reason;
    } finally {
      end();
      waiting.current -= 1;
      if (waiting.current === 0) {
        const canUndo = undoable.current.length > 0;
        setOutcome(message ? { message, task: null, isRunning: false, canUndo } : null);
      }
    }
  };

  const run = async <T extends IDone>(
    doing: string,
    make: (turn: ITurn) => Promise<T | null>,
    isQuiet = false
  ): Promise<T | null> => {
    let done: T | null = null;
    await inTurn(doing, isQuiet, async turn => {
      done = await make(turn);
      if (done?.undo) {
        undoable.current.push(done.undo);
      } else if (done) {
        undoable.current = []; // what was done before can only be undone after this
      }
      return done && done.message;
    });
    return done;
  };
  const undo = async (): Promise<void> => {
    const change = undoable.current.pop();
    if (change) {
      await inTurn(trans.__('Undoing…'), false, async ({ begun }) => {
        await begun;
        await change();
        return trans.__('Undone.');
      }).catch(() => undefined); // `error` says why
    }
  };
  const dismiss = (): void => {
    setOutcome(now => (now?.isRunning ? now : null));
    setError(null);
  };
  return { outcome, error, run, undo, dismiss };
}
