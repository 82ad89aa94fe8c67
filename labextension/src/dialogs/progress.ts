/** Tasks of the server, as dialogs and notifications tell of them. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { TaskInfo } from '../api/types';
import { bytes, count } from '../format';
import type { IGradientData } from '../tokens';
import type { IStatus, ISubmission } from './formDialog';

/** How far a task is. */
export function describe(
  { progress }: Pick<TaskInfo, 'progress'>,
  what: string,
  trans: TranslationBundle
): IStatus {
  if (progress?.bytes_total) {
    const { bytes_done: done, bytes_total: total } = progress;
    return { words: trans.__('%1 %2 of %3', what, bytes(done), bytes(total)), done: done / total };
  }
  if (progress?.files_total) {
    const { files_done: done, files_total: total } = progress;
    const words = trans.__('%1 %2 of %3 files', what, count(done), count(total));
    return { words, done: done / total };
  }
  return { words: what, done: null };
}

/** Wait for a task in a dialog; it is cancelled with the dialog. */
export async function follow<T>(
  { client, trans }: IGradientData,
  task: TaskInfo,
  what: string,
  { signal, say }: ISubmission
): Promise<T> {
  const stop = (): void => {
    // Whether it came in time or not, the version shows it by itself.
    client.cancel(task.id).catch(reason => console.warn('A task was not cancelled.', reason));
  };
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) {
    stop();
  }
  say(describe(task, what, trans));
  try {
    return await client.wait<T>(task, now => say(describe(now, what, trans)));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}
