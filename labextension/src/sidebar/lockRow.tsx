/** One entry of a notebook's lock: what it used, whether that is here, and what is to be done about it. */

import { ellipsesIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';
import { ApiError } from '../api/request';
import type { LockCheck, LockEntry } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { Badge } from '../components/small';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import { bytes, files } from '../format';
import { datasetsIcon } from '../icons';
import { keyOf, nameOf, selectorOf } from '../lock/words';
import { CommandIDs } from '../tokens';
import { openMenu } from './menu';
import { MenuRow } from './rowFocus';

interface ILockRow {
  entry: LockEntry;
  /** How it is now; undefined until the server has said so. */
  check: LockCheck | undefined;
  /** What became of it when it was restored last. */
  restored: LockCheck | undefined;
  /** Whether something is being done about the lock. */
  isBusy: boolean;
}

export function LockRow({ entry, check, restored, isBusy }: ILockRow): JSX.Element {
  const { commands, trans } = useApp();
  const id = useId();
  const name = nameOf(entry);
  const key = keyOf(entry);
  const isAbsent = check?.state === 'absent';
  const isReady = check?.state === 'ready';
  const error = isReady ? null : (restored?.error ?? (isAbsent ? null : check?.error));
  const newer = check?.newer ?? null;
  return (
    <MenuRow
      className={`gd-LockEntry gd-mod-${check?.state ?? 'unknown'}`}
      about={{ 'data-entry': key, 'data-state': check?.state ?? '', 'data-newer': newer ?? '' }}
    >
      <div className="gd-Row">
        <button
          type="button"
          className="gd-Row-main"
          title={
            isAbsent
              ? trans.__('%1 is not known here', name)
              : trans.__('Show version %1', entry.version)
          }
          aria-labelledby={`${id}name`}
          aria-describedby={`${id}details`}
          aria-disabled={isAbsent}
          onClick={() => !isAbsent && void commands.execute(CommandIDs.openLocked, { entry: key })}
        >
          <datasetsIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
          <span className="gd-Row-text">
            <span id={`${id}name`} className="gd-Row-name">
              {name}
            </span>
            <span id={`${id}details`} className="gd-Row-details">
              <Details entry={entry} check={check} />
            </span>
          </span>
        </button>
        <div className="gd-Row-tools">
          <IconButton
            icon={ellipsesIcon}
            label={trans.__('Actions for %1', name)}
            aria-haspopup="menu"
            onClick={event => openMenu(event.currentTarget)}
          />
        </div>
      </div>
      {(error || newer !== null) && (
        <div className="gd-Mount-more">
          {error && <ErrorMessage error={ApiError.from(error)} />}
          {newer !== null && (
            <div className="gd-Mount-newer">
              <Badge kind="latest" title={trans.__('%1 is version %2 now', name, newer)}>
                {trans.__('newer: %1', newer)}
              </Badge>
              <Button
                aria-label={trans.__('Update %1 to version %2', name, newer)}
                aria-disabled={isBusy}
                onClick={() => void commands.execute(CommandIDs.updateLocked, { entry: key })}
              >
                {trans.__('Update')}
              </Button>
            </div>
          )}
        </div>
      )}
    </MenuRow>
  );
}

/** Version, where it was mounted, how it is. */
function Details({ entry, check }: Pick<ILockRow, 'entry' | 'check'>): JSX.Element {
  const trans = useTrans();
  const { version, path, files: held, bytes: size } = entry;
  const about = `${files(held, trans)}, ${bytes(size)}`;
  return (
    <>
      <State check={check} />
      {selectorOf(entry) !== version && (
        <span title={trans.__('The version that it meant: %1', about)}>{version}</span>
      )}
      {path !== null && (
        <span className="gd-Mount-source" title={trans.__('Mounted at %1', path)}>
          {path}
        </span>
      )}
    </>
  );
}

function State({ check }: { check: LockCheck | undefined }): JSX.Element | null {
  const trans = useTrans();
  switch (check?.state) {
    case 'ready':
      return (
        <Badge kind="latest" title={trans.__('Here, exactly as the notebook used it')}>
          {trans.__('ready')}
        </Badge>
      );
    case 'unmounted':
      return (
        <Badge kind="warning" title={trans.__('Here, but not at %1', check.entry.path ?? '')}>
          {trans.__('not mounted')}
        </Badge>
      );
    case 'absent':
      return (
        <Badge kind="warning" title={trans.__('This dataset or version is not known here')}>
          {trans.__('not here')}
        </Badge>
      );
    case 'different':
      return (
        <Badge kind="warning" title={trans.__('The version of this name has other files here')}>
          {trans.__('different')}
        </Badge>
      );
    default:
      return null;
  }
}
