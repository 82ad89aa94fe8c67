/** Files of an upload that are on their way, or did not arrive. */

import { refreshIcon } from '@jupyterlab/ui-components';
import React, { useState } from 'react';
import { IconButton } from '../components/buttons';
import { ProgressBar } from '../components/small';
import { useApp, useTrans } from '../context';
import { count } from '../format';
import type { IUpload, IUploadFile } from './tokens';
import { part } from './words';

const MOST = 50; // rows: who has more failures reads a few and tries all again

export function UploadFiles({ upload }: { upload: IUpload }): JSX.Element | null {
  const trans = useTrans();
  // Failures show by themselves, until the user has decided.
  const [isOpen, setIsOpen] = useState<boolean | null>(null);
  const { files, filesFailed } = upload;
  if (files.length === 0) {
    return null;
  }
  const moving = files.length - filesFailed;
  const summary = [
    filesFailed > 0 ? trans.__('%1 failed', count(filesFailed)) : '',
    moving > 0 ? trans.__('%1 on their way', count(moving)) : ''
  ];
  const isShown = isOpen ?? filesFailed > 0;
  const more = files.length - MOST;
  return (
    <details
      className="gd-Upload-files"
      open={isShown}
      onToggle={event => event.currentTarget.open !== isShown && setIsOpen(!isShown)}
    >
      <summary>{summary.filter(Boolean).join(', ')}</summary>
      {isShown && (
        <ul>
          {files.slice(0, MOST).map(file => (
            <FileRow key={file.path} id={upload.id} file={file} />
          ))}
          {more > 0 && <li>{trans._n('and %2 more', 'and %2 more', more, count(more))}</li>}
        </ul>
      )}
    </details>
  );
}

function FileRow({ id, file }: { id: string; file: IUploadFile }): JSX.Element {
  const { uploads } = useApp();
  const trans = useTrans();
  const { path, sent, size, state, error } = file;
  const done = part(sent, size, trans);
  return (
    <li className={`gd-UploadFile gd-mod-${state}`}>
      <div className="gd-UploadFile-head">
        <span className="gd-UploadFile-path" title={path}>
          {path}
        </span>
        {file.canRetry && (
          <IconButton
            icon={refreshIcon}
            label={trans.__('Try %1 again', path)}
            onClick={() => uploads.retry(id, path)}
          />
        )}
      </div>
      {error ? (
        <p className="gd-UploadFile-error">
          {error.message} {error.hint}
        </p>
      ) : (
        <>
          <ProgressBar label={path} value={sent / size} />
          <p>{state === 'hashing' ? trans.__('Reading: %1', done) : done}</p>
        </>
      )}
    </li>
  );
}
