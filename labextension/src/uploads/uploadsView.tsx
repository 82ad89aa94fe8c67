/** All uploads of this tab, one below the other. */

import React, { useRef } from 'react';
import { useApp, useTrans } from '../context';
import { UploadRow } from './uploadRow';
import { useUploads } from './useUploads';

/** Nothing while there is none. */
export function UploadsView(): JSX.Element | null {
  const { uploads } = useApp();
  const trans = useTrans();
  const all = useUploads();
  const list = useRef<HTMLUListElement>(null);

  /** The row that takes its place, or the one above, has the focus then. */
  const dismiss = (id: string): void => {
    const at = all.findIndex(upload => upload.id === id);
    const rows = list.current?.children;
    const neighbour = rows?.[at + 1] ?? rows?.[at - 1];
    neighbour?.querySelector<HTMLElement>('button')?.focus();
    uploads.dismiss(id);
  };

  return all.length === 0 ? null : (
    <ul ref={list} className="gd-Uploads" aria-label={trans.__('Uploads')}>
      {all.map(upload => (
        <UploadRow key={upload.id} upload={upload} onDismiss={() => dismiss(upload.id)} />
      ))}
    </ul>
  );
}
