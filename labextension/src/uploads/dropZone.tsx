/** A place where files and folders are dropped. */

import { fileUploadIcon } from '@jupyterlab/ui-components';
import React, { type ReactNode } from 'react';
import { useFileDrop, type IDropTarget } from './fileDrop';

export function DropZone(props: {
  /** What is done with them. */
  target: IDropTarget;
  /** What dropping them here does. */
  words: string;
  children: ReactNode;
}): JSX.Element {
  const { ref, isOver } = useFileDrop<HTMLDivElement>(props.target);
  return (
    <div ref={ref} className="gd-DropZone">
      {props.children}
      {isOver && (
        <div className="gd-DropZone-overlay" aria-hidden="true">
          <fileUploadIcon.react tag="span" className="gd-DropZone-icon" />
          <span>{props.words}</span>
        </div>
      )}
    </div>
  );
}
