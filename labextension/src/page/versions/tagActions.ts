/** What happens to tags without a dialog: each can be undone. */

import { Notification } from '@jupyterlab/apputils';
import type { IVersionRef } from '../../api/client';
import type { IGradientData } from '../../tokens';
import { showError } from '../run';

const UNDO_TIME = 8_000; // milliseconds

/** Remove a tag from a version; resolves to whether it is gone. */
export function removeTag(app: IGradientData, from: IVersionRef, name: string): Promise<boolean> {
  const { client, trans } = app;
  return attempt(
    () => client.deleteTag(from.dataset, name),
    trans.__('The tag %1 was removed from %2.', name, from.version),
    app,
    () => client.setTag(from, name)
  );
}

/** Let a tag point to another version; resolves to whether it does. */
export function moveTag(
  app: IGradientData,
  from: IVersionRef,
  to: IVersionRef,
  name: string
): Promise<boolean> {
  const { client, trans } = app;
  return attempt(
    () => client.setTag(to, name),
    trans.__('The tag %1 was moved from %2 to %3.', name, from.version, to.version),
    app,
    () => client.setTag(from, name)
  );
}

async function attempt(
  act: () => Promise<unknown>,
  done: string,
  app: IGradientData,
  undo: () => Promise<unknown>
): Promise<boolean> {
  try {
    await act();
  } catch (error) {
    showError(error);
    return false;
  }
  Notification.info(done, {
    autoClose: UNDO_TIME,
    actions: [{ label: app.trans.__('Undo'), callback: () => void undo().catch(showError) }]
  });
  return true;
}
