/** A value, or what it was and what it is. */

import React from 'react';
import { useTrans } from '../../../context';

export function OldNew(props: { old: string | null; new: string | null }): JSX.Element {
  const trans = useTrans();
  const { old, new: now } = props;
  if (old === null || now === null || old === now) {
    return <>{now ?? old ?? ''}</>;
  }
  const show = (text: string): JSX.Element | string =>
    text === '' ? <span className="gd-mod-faint">{trans.__('empty')}</span> : text;
  return (
    <span className="gd-OldNew">
      <del>{show(old)}</del> <span aria-hidden="true">→</span> <ins>{show(now)}</ins>
    </span>
  );
}
