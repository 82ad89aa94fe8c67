/** Whether a file was added, removed or changed: by sign and word, never by colour alone. */

import type { TranslationBundle } from '@jupyterlab/translation';
import React from 'react';
import type { Change } from '../../api/types';
import { useTrans } from '../../context';

export type Kind = Change['kind'];

export const KINDS: readonly Kind[] = ['added', 'removed', 'changed'];

const SIGNS: Record<Kind, string> = { added: '+', removed: '−', changed: '~' };

export function kindWord(kind: Kind, trans: TranslationBundle): string {
  const words: Record<Kind, string> = {
    added: trans.__('Added'),
    removed: trans.__('Removed'),
    changed: trans.__('Changed')
  };
  return words[kind];
}

export function KindMark({ kind }: { kind: Kind }): JSX.Element {
  return (
    <span className={`gd-KindMark gd-mod-${kind}`}>
      <span aria-hidden="true">{SIGNS[kind]}</span> {kindWord(kind, useTrans())}
    </span>
  );
}
