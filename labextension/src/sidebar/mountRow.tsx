/** One mount: where it is, what it is, and what is to be done about it. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { copyIcon, editIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';
import { ApiError } from '../api/request';
import type { Mount } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { Badge } from '../components/small';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import { useVolumes } from '../data/live';
import { kernelPath } from '../data/paths';
import { bytes, files } from '../format';
import { mountIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { openMenu } from './menu';
import { MenuRow } from './rowFocus';
import { TaskProgress, useTaskOf } from './taskProgress';

const GONE = ['dataset_not_found', 'version_not_found', 'tag_not_found', 'no_committed_version'];
const KINDS = ['mount', 'update-mount', 'restore-mounts'];

export function MountRow({ mount }: { mount: Mount }): JSX.Element {
  const { commands, trans } = useApp();
  const { name, path, state } = mount;
  const id = useId();
  const mode = useVolumes().data?.mode;
  const shown = kernelPath(mount, mode);
  // A bucket or a public dataset has no page of ours.
  const hasPage = mount.dataset !== null && mount.version !== null;
  const copy = (): void => void commands.execute(CommandIDs.copyPath, { path: shown });
  return (
    <MenuRow
      className={`gd-Mount gd-mod-${state}`}
      about={{
        'data-mount': name,
        'data-state': state,
        'data-writable': String(mount.is_writable),
        'data-newer': mount.newer ?? '',
        'data-version': hasPage ? (mount.version ?? '') : ''
      }}
    >
      <div className="gd-Row">
        <button
          type="button"
          className="gd-Row-main"
          title={shown}
          aria-labelledby={`${id}path`}
          aria-describedby={`${id}details`}
          onClick={() =>
            hasPage ? void commands.execute(CommandIDs.openMount, { mount: name }) : copy()
          }
        >
          <mountIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
          <span className="gd-Row-text">
            <span id={`${id}path`} className="gd-Row-name">
              {path}
            </span>
            <span id={`${id}details`} className="gd-Row-details">
              <Details mount={mount} />
            </span>
          </span>
        </button>
        <div className="gd-Row-tools">
          {state === 'mounted' && (
            <IconButton icon={copyIcon} label={trans.__('Copy path %1', shown)} onClick={copy} />
          )}
          <IconButton
            icon={ellipsesIcon}
            label={trans.__('Actions for %1', path)}
            aria-haspopup="menu"
            onClick={event => openMenu(event.currentTarget)}
          />
        </div>
      </div>
      <More mount={mount} />
    </MenuRow>
  );
}

/** What it is: dataset and version, or the URL of a bucket. */
function Details({ mount }: { mount: Mount }): JSX.Element {
  const trans = useTrans();
  const { dataset_name: dataset, reference, version, bytes: size, files: held } = mount;
  const asked = trans.__('Mounted by %1', reference);
  return (
    <>
      <span className="gd-Mount-source" title={asked}>
        {dataset === null ? reference : version === null ? dataset : `${dataset}:${version}`}
      </span>
      {mount.is_writable && (
        <Badge title={trans.__('Changes stay in this notebook until they are committed')}>
          <editIcon.react tag="span" className="gd-Badge-icon" aria-hidden="true" />
          {trans.__('writable')}
        </Badge>
      )}
      {size !== null && (
        <span title={held === null ? undefined : files(held, trans)}>{bytes(size)}</span>
      )}
    </>
  );
}

/** The server's hint for what is not there is for its command. */
function explain(error: ApiError, trans: TranslationBundle): ApiError {
  const hint = trans.__('Unmount it, or correct it in .gradient/settings.yaml and try again.');
  return GONE.includes(error.code)
    ? new ApiError(error.code, error.message, hint, error.status)
    : error;
}

/** Below it, where there is something to say or to decide. */
function More({ mount }: { mount: Mount }): JSX.Element | null {
  const { client, commands, trans } = useApp();
  const { name, state, error, newer } = mount;
  const task = useTaskOf(KINDS, name);
  const run = (command: string): void => void commands.execute(command, { mount: name });
  if (state === 'mounting' || task) {
    return (
      <TaskProgress
        words={state === 'mounted' ? trans.__('Updating') : trans.__('Mounting')}
        name={name}
        task={task}
        onStop={() => client.volumes.unmount(name)}
      />
    );
  }
  if (state === 'failed') {
    return (
      <div className="gd-Mount-more">
        {error && <ErrorMessage error={explain(ApiError.from(error), trans)} />}
        <div className="gd-Mount-actions">
          <Button
            aria-label={trans.__('Try to mount %1 again', name)}
            onClick={() => run(CommandIDs.updateMount)}
          >
            {trans.__('Try again')}
          </Button>
          <Button aria-label={trans.__('Unmount %1', name)} onClick={() => run(CommandIDs.unmount)}>
            {trans.__('Unmount')}
          </Button>
        </div>
      </div>
    );
  }
  if (newer === null && !mount.is_writable) {
    return null;
  }
  return (
    <div className="gd-Mount-more">
      {newer !== null && (
        <div className="gd-Mount-newer">
          <Badge kind="latest" title={trans.__('Version %1 was committed after this one', newer)}>
            {trans.__('newer: %1', newer)}
          </Badge>
          <Button
            aria-label={trans.__('Update %1 to version %2', name, newer)}
            onClick={() => run(CommandIDs.updateMount)}
          >
            {trans.__('Update')}
          </Button>
        </div>
      )}
      {mount.is_writable && (
        <div className="gd-Mount-actions">
          <Button
            aria-label={trans.__('Commit %1…', name)}
            onClick={() => run(CommandIDs.commitMount)}
          >
            {trans.__('Commit…')}
          </Button>
          <Button
            aria-label={trans.__('Discard changes in %1…', name)}
            onClick={() => run(CommandIDs.discardMount)}
          >
            {trans.__('Discard…')}
          </Button>
        </div>
      )}
    </div>
  );
}
