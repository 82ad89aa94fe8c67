/** Tells when an upload has ended. */

import { Notification } from '@jupyterlab/apputils';
import { CommandIDs, type IGradientData } from '../tokens';
import type { IUpload } from './tokens';
import { progressOf, stateOf } from './words';

const LONG = 10_000; // milliseconds: there is something to do

export function notify(app: IGradientData, upload: IUpload): void {
  const { commands, trans, uploads } = app;
  const { ref, state, target, title, error } = upload;
  const show: Notification.IAction = {
    label: trans.__('Show'),
    callback: () => void commands.execute(CommandIDs.open, { ...ref, tab: 'files', path: target })
  };
  if (state === 'done') {
    const commit: Notification.IAction = {
      label: trans.__('Commit…'),
      displayType: 'accent',
      callback: () => void commands.execute(CommandIDs.commit, { ...ref })
    };
    const message = trans.__('Uploaded %1: %2.', title, progressOf(upload, trans).join(' · '));
    const actions = commands.hasCommand(CommandIDs.commit) ? [show, commit] : [show];
    Notification.success(message, { actions, autoClose: LONG });
  } else if (state === 'failed') {
    const retry: Notification.IAction = {
      label: trans.__('Try Again'),
      callback: () => uploads.retry(upload.id)
    };
    const reason = error?.message ?? stateOf(upload, trans);
    const showUploads: Notification.IAction = {
      label: trans.__('Show'),
      callback: () => void commands.execute(CommandIDs.showUploads)
    };
    const actions = upload.canRetry ? [showUploads, retry] : [showUploads];
    const message = trans.__('Upload of %1 failed: %2', title, reason);
    Notification.error(message, { actions, autoClose: false });
  }
}
