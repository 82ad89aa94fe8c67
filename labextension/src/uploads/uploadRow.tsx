/** One upload: what it is, how far, and what can be done with it. */

import { closeIcon, pauseIcon, refreshIcon, runIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';
import { Button, IconButton } from '../components/buttons';
import { ProgressBar } from '../components/small';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import { ApiError } from '../api/request';
import { useFileDrop } from './fileDrop';
import { choose } from './sources';
import type { IUpload } from './tokens';
import { UploadFiles } from './uploadFiles';
import { fractionOf, progressOf, stateOf } from './words';

export function UploadRow(props: { upload: IUpload; onDismiss: () => void }): JSX.Element {
  const { upload } = props;
  const { uploads } = useApp();
  const trans = useTrans();
  const id = useId();
  const { ref, isOver } = useFileDrop<HTMLLIElement>(
    upload.waitsFor && {
      onFiles: ({ sources }) => uploads.continueWith(upload.id, sources)
    }
  );
  const isMoving = upload.state === 'running' || upload.state === 'scanning';
  const progress = progressOf(upload, trans);
  return (
    <li
      ref={ref}
      className={`gd-Upload gd-mod-${upload.state} ${isOver ? 'gd-mod-over' : ''}`}
      aria-labelledby={id}
    >
      <div className="gd-Upload-head">
        <span id={id} className="gd-Upload-title" title={upload.title}>
          {upload.title}
        </span>
        <Controls upload={upload} onDismiss={props.onDismiss} />
      </div>
      {(isMoving || upload.state === 'paused' || upload.state === 'waiting') && (
        <ProgressBar label={upload.title} value={fractionOf(upload)} />
      )}
      {progress.length > 0 && (
        <p className="gd-Upload-progress">
          {progress.map((words, at) => (
            // A number stays with its unit when the line is broken.
            <React.Fragment key={at}>
              {at > 0 && ' · '}
              <span>{words}</span>
            </React.Fragment>
          ))}
        </p>
      )}
      <p className="gd-Upload-state" role="status">
        {stateOf(upload, trans)}
      </p>
      {upload.error && (
        <ErrorMessage error={new ApiError('upload', upload.error.message, upload.error.hint, 0)} />
      )}
      {upload.state === 'waiting' && <Continue upload={upload} />}
      <UploadFiles upload={upload} />
    </li>
  );
}

/** The last button is always there, whatever it does, so that the focus stays. */
function Controls({ upload, onDismiss }: { upload: IUpload; onDismiss: () => void }): JSX.Element {
  const { uploads } = useApp();
  const trans = useTrans();
  const { id, state } = upload;
  const hasEnded = state === 'done' || state === 'failed' || state === 'cancelled';
  return (
    <>
      {upload.canRetry && (
        <IconButton
          icon={refreshIcon}
          label={trans.__('Try again')}
          onClick={() => uploads.retry(id)}
        />
      )}
      {(state === 'running' || state === 'scanning' || state === 'paused') && (
        <IconButton
          icon={state === 'paused' ? runIcon : pauseIcon}
          label={state === 'paused' ? trans.__('Resume') : trans.__('Pause')}
          onClick={() => (state === 'paused' ? uploads.resume(id) : uploads.pause(id))}
        />
      )}
      <IconButton
        icon={closeIcon}
        label={hasEnded ? trans.__('Dismiss') : trans.__('Cancel')}
        onClick={() => (hasEnded ? onDismiss() : uploads.cancel(id))}
      />
    </>
  );
}

/** After a reload. */
function Continue({ upload }: { upload: IUpload }): JSX.Element {
  const { uploads } = useApp();
  const trans = useTrans();
  const chooseAgain = async (what: 'files' | 'folder'): Promise<void> => {
    const chosen = await choose(what);
    if (chosen) {
      uploads.continueWith(upload.id, chosen.sources);
    }
  };
  return (
    <div className="gd-Upload-continue">
      {upload.waitsFor === 'permission' ? (
        <Button isPrimary onClick={() => uploads.continueWith(upload.id, null)}>
          {trans.__('Continue')}
        </Button>
      ) : (
        <>
          <Button onClick={() => void chooseAgain('folder')}>{trans.__('Choose Folder…')}</Button>
          <Button onClick={() => void chooseAgain('files')}>{trans.__('Choose Files…')}</Button>
        </>
      )}
    </div>
  );
}
