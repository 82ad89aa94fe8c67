/** The uploads of this tab, as they change. */

import { useEffect, useReducer } from 'react';
import { useApp } from '../context';
import type { IUpload } from './tokens';

export function useUploads(): readonly IUpload[] {
  const { uploads } = useApp();
  const [, redraw] = useReducer((tick: number) => tick + 1, 0);
  useEffect(() => {
    uploads.changed.connect(redraw);
    return () => {
      uploads.changed.disconnect(redraw);
    };
  }, [uploads]);
  return uploads.all;
}
