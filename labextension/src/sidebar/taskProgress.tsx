/** How far something that the server does for a row is, and a way to stop it. */

import { closeIcon } from '@jupyterlab/ui-components';
import React, { useState } from 'react';
import { tellError } from '../commands/notify';
import { IconButton } from '../components/buttons';
import { ProgressBar } from '../components/small';
import { useApp } from '../context';
import { useTasks, type ITask } from '../data/live';
import { describe } from '../dialogs/progress';

/** The task of one of these kinds that works on `name`, or on `<notebook>/<name>`. */
export function useTaskOf(kinds: readonly string[], name: string): ITask | undefined {
  return useTasks().find(
    ({ kind, about }) => kinds.includes(kind) && about.split('/').pop() === name
  );
}

export function TaskProgress(props: {
  /** What is done: `Mounting`. */
  words: string;
  /** Of what: the name for screen readers. */
  name: string;
  /** Not there while another process does it, or it has just begun. */
  task: ITask | undefined;
  /** What stops it when there is no task to be cancelled. */
  onStop?: () => Promise<unknown>;
}): JSX.Element {
  const { client, trans } = useApp();
  const { words, name, task, onStop } = props;
  const [isStopping, setStopping] = useState(false);
  const status = describe({ progress: task?.progress ?? null }, words, trans);
  const stop = async (): Promise<void> => {
    setStopping(true);
    try {
      await (task ? client.cancel(task.id) : onStop?.());
    } catch (reason) {
      tellError(reason);
    }
    setStopping(false);
  };
  return (
    <div className="gd-TaskProgress">
      <div>
        <ProgressBar label={trans.__('%1 %2', words, name)} value={status.done} />
        <p>{isStopping ? trans.__('Stopping…') : status.words}</p>
      </div>
      {(task || onStop) && (
        <IconButton
          icon={closeIcon}
          label={trans.__('Cancel %1', name)}
          aria-disabled={isStopping}
          onClick={() => !isStopping && void stop()}
        />
      )}
    </div>
  );
}
