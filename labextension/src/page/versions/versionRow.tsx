/** One version in the timeline. */

import { ellipsesIcon } from '@jupyterlab/ui-components';
import React, { useRef, type MouseEvent } from 'react';
import type { Dataset, Version } from '../../api/types';
import { Button, IconButton } from '../../components/buttons';
import { Ago, Badge } from '../../components/small';
import { useApp } from '../../context';
import { mountsOf, useMounts } from '../../data/live';
import { bytes, files } from '../../format';
import { CommandIDs, type IPageState } from '../../tokens';
import { CopyButton } from '../copyButton';
import { Changes } from './changes';
import { editMessage } from './editMessage';
import { openMenu } from './menu';
import { TagChips } from './tagChips';
import { isCommitted, parentOf, refOf } from './timeline';
import { menuOf, type ITagPlace } from './versionActions';
import { VersionDetails } from './versionDetails';

interface IVersionRow {
  dataset: Dataset;
  version: Version;
  tags: readonly ITagPlace[];
  onState: (change: Partial<IPageState>) => void;
  /** Show another version of the timeline; undefined when its parent is not among them. */
  onParent?: () => void;
}

export function VersionRow(props: IVersionRow): JSX.Element {
  const { version, tags, onState } = props;
  const app = useApp();
  const { trans } = app;
  const more = useRef<HTMLButtonElement>(null);
  const id = version.version;

  const showMenu = (x: number, y: number): void => {
    if (more.current) {
      const row = more.current.closest('li');
      const neighbour = row?.nextElementSibling ?? row?.previousElementSibling;
      const entries = menuOf({
        app,
        version,
        tags,
        onState,
        onEdit: () => void editMessage(app, version),
        onDeleted: () => neighbour?.querySelector<HTMLElement>('.gd-Version-more')?.focus()
      });
      openMenu(entries, { x, y }, more.current);
    }
  };
  const showMenuBelow = (): void => {
    const box = more.current?.getBoundingClientRect();
    showMenu(box?.left ?? 0, box?.bottom ?? 0);
  };
  const onContextMenu = (event: MouseEvent): void => {
    if (!event.shiftKey && window.getSelection()?.isCollapsed !== false) {
      event.preventDefault();
      event.stopPropagation();
      showMenu(event.clientX, event.clientY);
    }
  };

  return (
    <article
      className={`gd-Version gd-mod-${version.state}`}
      aria-label={trans.__('Version %1', id)}
      onContextMenu={onContextMenu}
    >
      <Head {...props} />
      <p className="gd-Version-message">
        {version.message || <span className="gd-mod-faint">{trans.__('No message')}</span>}
      </p>
      <Facts {...props} />
      <div className="gd-Version-actions">
        <Button
          aria-label={trans.__('Files of %1', id)}
          onClick={() => onState({ tab: 'files', version: id, path: '' })}
        >
          {trans.__('Files')}
        </Button>
        <Button
          aria-label={trans.__('Compare %1', id)}
          onClick={() =>
            onState({ tab: 'compare', version: id, old: parentOf(version) ?? undefined })
          }
        >
          {trans.__('Compare')}
        </Button>
        {isCommitted(version) ? (
          <>
            <Button
              aria-label={trans.__('Mount %1', id)}
              onClick={() => void app.commands.execute(CommandIDs.mount, { ...refOf(version) })}
            >
              {trans.__('Mount')}
            </Button>
            <Button
              aria-label={trans.__('Use %1', id)}
              onClick={() => onState({ tab: 'use', version: id })}
            >
              {trans.__('Use it')}
            </Button>
          </>
        ) : (
          <Button
            isPrimary={version.state === 'uncommitted'}
            aria-label={trans.__('Commit %1', id)}
            disabled={version.state === 'committing'}
            onClick={() =>
              void app.commands.execute(CommandIDs.commit, {
                dataset: version.dataset,
                version: id
              })
            }
          >
            {trans.__('Commit…')}
          </Button>
        )}
        <IconButton
          ref={more}
          className="gd-Version-more"
          icon={ellipsesIcon}
          label={trans.__('More actions for %1', id)}
          aria-haspopup="menu"
          onClick={showMenuBelow}
        />
      </div>
      <VersionDetails version={version} />
    </article>
  );
}

function Head({ dataset, version }: IVersionRow): JSX.Element {
  const { trans } = useApp();
  const id = version.version;
  return (
    <div className="gd-Version-head">
      <h3 className="gd-Version-id">{id}</h3>
      <CopyButton
        text={`${dataset.id}:${id}`}
        label={trans.__('Copy the reference %1', `${dataset.id}:${id}`)}
      />
      {dataset.latest === id && (
        <Badge kind="latest" title={trans.__('The newest committed version: what latest means')}>
          {trans.__('Latest')}
        </Badge>
      )}
      {version.state === 'uncommitted' && (
        <Badge kind="warning" title={trans.__('Its files may still change')}>
          {trans.__('Uncommitted')}
        </Badge>
      )}
      {version.state === 'committing' && <Badge kind="warning">{trans.__('Committing…')}</Badge>}
      <MountedAt version={version} />
      <TagChips version={version} />
    </div>
  );
}

/** Where it is mounted in this notebook run. */
function MountedAt({ version }: { version: Version }): JSX.Element {
  const { trans } = useApp();
  return (
    <>
      {mountsOf(useMounts().data, version).map(({ name, path }) => (
        <Badge key={name} kind="latest" title={trans.__('This version is mounted at %1', path)}>
          {path}
        </Badge>
      ))}
    </>
  );
}

function Facts({ version, onParent }: IVersionRow): JSX.Element {
  const { trans } = useApp();
  const { author, committed, created, files: number, bytes: size } = version;
  const parent = parentOf(version);
  return (
    <p className="gd-Version-facts">
      <span>{author}</span>
      <Ago time={committed ?? created} />
      {number !== null && (
        <span>
          {files(number, trans)}, {bytes(size ?? 0)}
        </span>
      )}
      <Changes version={version} />
      {version.parent !== null &&
        (onParent ? (
          <button type="button" className="gd-Link" onClick={onParent}>
            {trans.__('from %1', parent ?? '')}
          </button>
        ) : (
          <span>{trans.__('from %1', parent ?? version.parent)}</span>
        ))}
    </p>
  );
}
