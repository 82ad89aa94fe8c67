/** What is in the trash, and the way back. */

import React, { useRef, useState } from 'react';
import type { Trashed } from '../api/types';
import { Button } from '../components/buttons';
import { Ago } from '../components/small';
import { Loaded } from '../components/states';
import { useApp, useTrans } from '../context';
import { useTrash } from '../data/live';
import { bytes, files, moment } from '../format';
import { KeptFocus } from './keptFocus';
import { VirtualList } from './list';

export function TrashSection(): JSX.Element {
  const trans = useTrans();
  return (
    <KeptFocus>
      <Loaded live={useTrash()} rows={2}>
        {trashed =>
          trashed.length > 0 ? (
            <TrashList trashed={trashed} />
          ) : (
            <p className="gd-Section-note">
              {trans.__(
                'Empty. Deleted datasets and versions can be restored from here for a time.'
              )}
            </p>
          )
        }
      </Loaded>
    </KeptFocus>
  );
}

function TrashList({ trashed }: { trashed: Trashed[] }): JSX.Element {
  const trans = useTrans();
  const list = useRef<HTMLDivElement>(null);
  return (
    <VirtualList
      label={trans.__('Trash')}
      items={trashed}
      keyOf={({ reference }) => reference}
      nameOf={labelOf}
      row={(one, tabIndex) => <TrashRow trashed={one} tabIndex={tabIndex} />}
      rowProps={() => ({ className: 'gd-Row gd-TrashRow' })}
      list={list}
    />
  );
}

/** `flowers`, or `flowers:mkl7cw2` for one version. */
function labelOf({ name, reference }: Trashed): string {
  const version = reference.split(':')[1];
  return version ? `${name}:${version}` : name;
}

function TrashRow(props: { trashed: Trashed; tabIndex: 0 | -1 }): JSX.Element {
  const app = useApp();
  const { trans } = app;
  const { files: held, bytes: size, expires, message, trashed: deleted } = props.trashed;
  const [isBusy, setBusy] = useState(false);
  const label = labelOf(props.trashed);

  const onRestore = async (): Promise<void> => {
    setBusy(true);
    const { restore } = await import('../dialogs/trash');
    await restore(app, props.trashed);
    setBusy(false);
  };

  return (
    <>
      <span className="gd-Row-text" title={message || undefined}>
        <span className="gd-Row-name" title={label}>
          {label}
        </span>
        <span className="gd-Row-details">
          <span>{files(held, trans)}</span>
          <span>{bytes(size)}</span>
          <Ago time={deleted} />
        </span>
        <span className="gd-Row-details" title={moment(expires)}>
          {trans.__(
            'kept until %1',
            new Date(expires).toLocaleDateString(undefined, { dateStyle: 'medium' })
          )}
        </span>
      </span>
      <Button
        aria-label={trans.__('Restore %1', label)}
        aria-disabled={isBusy}
        tabIndex={props.tabIndex}
        onClick={() => !isBusy && void onRestore()}
      >
        {trans.__('Restore')}
      </Button>
    </>
  );
}
