/** Says what has been done to files, and undoes it. */

import { closeIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useState } from 'react';
import { Button, IconButton } from '../../components/buttons';
import { ErrorMessage } from '../../components/states';
import { useApp } from '../../context';
import { tellError } from '../../commands/notify';
import type { IChanges } from './useChanges';

const SHOWN = 10_000; // milliseconds for which it can be undone here, not counting those in which the pointer or the focus is on it
const SHOWN_BRIEFLY = 4_000;

export function OutcomeBar(props: { changes: IChanges; onUndone: () => void }): JSX.Element {
  const { changes, onUndone } = props;
  const { outcome, error, dismiss } = changes;
  const { client, trans } = useApp();
  const [isHeld, setIsHeld] = useState(false);
  const isDone = outcome !== null && !outcome.isRunning;
  useEffect(() => {
    if (isDone && !isHeld) {
      const timer = setTimeout(dismiss, outcome.canUndo ? SHOWN : SHOWN_BRIEFLY);
      return () => clearTimeout(timer);
    }
  }, [outcome, isDone, isHeld]); // eslint-disable-line react-hooks/exhaustive-deps
  useEffect(() => setIsHeld(false), [isDone]);

  const undo = async (): Promise<void> => {
    onUndone(); // the button goes, the focus is to stay
    await changes.undo();
  };
  const task = outcome?.task;
  return (
    <>
      {error && (
        <div className="gd-OutcomeBar-error">
          <ErrorMessage error={error} />
          <IconButton icon={closeIcon} label={trans.__('Dismiss')} onClick={dismiss} />
        </div>
      )}
      <div role="status">
        {outcome && (
          <div
            className={`gd-OutcomeBar ${outcome.isRunning ? 'gd-mod-running' : ''}`}
            onMouseEnter={() => setIsHeld(true)}
            onMouseLeave={() => setIsHeld(false)}
            onFocus={() => setIsHeld(true)}
            onBlur={() => setIsHeld(false)}
          >
            <span>{outcome.message}</span>
            {task && (
              <Button onClick={() => void client.cancel(task.id).catch(tellError)}>
                {trans.__('Cancel')}
              </Button>
            )}
            {isDone && outcome.canUndo && (
              <Button onClick={() => void undo()}>{trans.__('Undo')}</Button>
            )}
            {isDone && (
              <IconButton
                icon={closeIcon}
                label={trans.__('Dismiss')}
                onClick={() => {
                  onUndone();
                  dismiss();
                }}
              />
            )}
          </div>
        )}
      </div>
    </>
  );
}
