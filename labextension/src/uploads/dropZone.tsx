/** A place where files and folders are dropped, to be put into a version. */

import { fileUploadIcon } from '@jupyterlab/ui-components';
import React, { type ReactNode } from 'react';
import type { IVersionRef } from '../api/client';
import { useApp } from '../context';
import { useFileDrop } from './fileDrop';
import { startUpload } from './startUpload';

export function DropZone(props: {
  /** The version; null while nothing can be dropped, as when it is committed. */
  version: IVersionRef | null;
  /** The dataset's name. */
  dataset: string;
  /** Folder in the version: empty, or ending with `/`. */
  target: string;
  /** What was dragged here from JupyterLab's file browser: paths. */
  onContents?: (paths: string[]) => void;
  children: ReactNode;
}): JSX.Element {
  const app = useApp();
  const { version, dataset, target, onContents } = props;
  const { ref, isOver } = useFileDrop<HTMLDivElement>(
    version && {
      onFiles: chosen => startUpload(app, version, target, chosen, dataset),
      onContents
    }
  );
  const folder = target.replace(/\/$/, '') || dataset;
  return (
    <div ref={ref} className="gd-DropZone">
      {props.children}
      {isOver && (
        <div className="gd-DropZone-overlay" aria-hidden="true">
          <fileUploadIcon.react tag="span" className="gd-DropZone-icon" />
          <span>{app.trans.__('Drop to add to %1', folder)}</span>
        </div>
      )}
    </div>
  );
}
