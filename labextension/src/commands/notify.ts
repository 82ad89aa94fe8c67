/** Telling of work outside of a dialog: JupyterLab's notifications. */

import { Notification } from '@jupyterlab/apputils';
import { CANCELLED } from '../api/client';
import { ApiError } from '../api/request';
import type { IStatus, ISubmission } from '../dialogs/formDialog';
import type { IGradientData } from '../tokens';

/** How it ended. */
export interface IOutcome {
  type: 'success' | 'warning';
  message: string;
  actions?: Notification.IAction[];
}

export function tellError(reason: unknown): void {
  const { message, hint } = ApiError.of(reason);
  Notification.error(`${message} ${hint}`.trim(), { autoClose: false });
}

/** Do something that takes a while: one notification tells how far it is, lets the user cancel it, and how it ended. */
export async function doing(
  { trans }: IGradientData,
  words: string,
  work: (submission: ISubmission) => Promise<IOutcome>
): Promise<void> {
  const cancelled = new AbortController();
  const { signal } = cancelled;
  const cancel = {
    label: trans.__('Cancel'),
    callback: (event: MouseEvent) => {
      event.preventDefault(); // otherwise the notification closes
      cancelled.abort();
    }
  };
  const id = Notification.emit(words, 'in-progress', { autoClose: false, actions: [cancel] });
  const say = ({ words: message, done }: IStatus): void => {
    Notification.update({ id, message, progress: done ?? undefined });
  };
  const end = ({ type, message, actions = [] }: IOutcome): void => {
    const autoClose = actions.length > 0 ? 15_000 : 5_000;
    Notification.update({ id, type, message, actions, autoClose, progress: 1 });
  };
  try {
    end(await work({ signal, say }));
  } catch (reason) {
    const { code, message, hint } = ApiError.of(reason);
    if (signal.aborted || code === CANCELLED) {
      Notification.dismiss(id);
      return;
    }
    const words = `${message} ${hint}`.trim();
    Notification.update({ id, type: 'error', message: words, actions: [], autoClose: false });
  }
}
