/** The tags of a version, each with a button that removes it. */

import { closeIcon } from '@jupyterlab/ui-components';
import React, { useRef, useState } from 'react';
import type { Version } from '../../api/types';
import { IconButton } from '../../components/buttons';
import { useApp } from '../../context';
import { removeTag } from './tagActions';
import { refOf } from './timeline';

export function TagChips({ version }: { version: Version }): JSX.Element | null {
  const app = useApp();
  const list = useRef<HTMLUListElement>(null);
  const [leaving, setLeaving] = useState<string | null>(null);
  const { tags } = version;
  if (tags.length === 0) {
    return null;
  }

  const remove = async (name: string): Promise<void> => {
    setLeaving(name);
    const row = list.current?.closest<HTMLElement>('.gd-Version');
    if (await removeTag(app, refOf(version), name)) {
      // The chip goes with the next look at the server: its neighbour, or the row, takes the focus.
      const at = tags.indexOf(name);
      const buttons = list.current?.querySelectorAll('button') ?? [];
      const neighbour = buttons[at + 1] ?? buttons[at - 1];
      (neighbour ?? row?.querySelector<HTMLElement>('.gd-Version-more'))?.focus();
    }
    setLeaving(null);
  };

  return (
    <ul ref={list} className="gd-TagChips" aria-label={app.trans.__('Tags of %1', version.version)}>
      {tags.map(name => (
        <li key={name} className="gd-TagChip" title={name}>
          <span className="gd-TagChip-name">{name}</span>
          <IconButton
            icon={closeIcon}
            label={app.trans.__('Remove tag %1', name)}
            aria-disabled={leaving === name}
            onClick={() => leaving === null && void remove(name)}
          />
        </li>
      ))}
    </ul>
  );
}
