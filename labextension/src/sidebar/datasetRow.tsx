/** One dataset in the list. */

import { editIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';
import type { Dataset, Mount } from '../api/types';
import { dropOn } from '../commands/adding';
import { IconButton } from '../components/buttons';
import { Ago, Badge } from '../components/small';
import { useApp, useTrans } from '../context';
import { bytes, files } from '../format';
import { datasetsIcon, mountIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { useFileDrop } from '../uploads/fileDrop';
import { openMenu } from './menu';

export function DatasetRow(props: {
  dataset: Dataset;
  /** Where it is mounted. */
  mounts: readonly Mount[];
  tabIndex: 0 | -1;
}): JSX.Element {
  const app = useApp();
  const { commands, trans } = app;
  const { dataset, mounts, tabIndex } = props;
  const id = useId();
  const { ref, isOver } = useFileDrop<HTMLDivElement>(dropOn(app, dataset.id));
  return (
    <div ref={ref} className={`gd-Row ${isOver ? 'gd-mod-over' : ''}`}>
      <button
        type="button"
        className="gd-Row-main"
        tabIndex={tabIndex}
        title={tooltip(dataset)}
        aria-labelledby={`${id}name`}
        aria-describedby={`${id}details ${id}mounted ${id}uncommitted`}
        onClick={() => void commands.execute(CommandIDs.open, { dataset: dataset.id })}
      >
        <datasetsIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
        <span className="gd-Row-text">
          <span className="gd-Row-line">
            <span id={`${id}name`} className="gd-Row-name">
              {dataset.name}
            </span>
            <Mounted id={`${id}mounted`} mounts={mounts} />
            <Uncommitted id={`${id}uncommitted`} count={dataset.uncommitted} />
          </span>
          <span id={`${id}details`} className="gd-Row-details">
            <Details dataset={dataset} />
          </span>
        </span>
      </button>
      <div className="gd-Row-tools">
        {dataset.latest !== null && (
          <IconButton
            icon={mountIcon}
            label={trans.__('Mount %1', dataset.name)}
            tabIndex={tabIndex}
            onClick={() => void commands.execute(CommandIDs.mount, { dataset: dataset.id })}
          />
        )}
        <IconButton
          icon={ellipsesIcon}
          label={trans.__('Actions for %1', dataset.name)}
          aria-haspopup="menu"
          tabIndex={tabIndex}
          onClick={event => openMenu(event.currentTarget)}
        />
      </div>
    </div>
  );
}

function tooltip({ name, description }: Dataset): string {
  return description ? `${name}\n${description}` : name;
}

/** The newest committed version: its tags or id, its size, its age. */
function Details({ dataset }: { dataset: Dataset }): JSX.Element {
  const trans = useTrans();
  const { latest, tags, bytes: size, files: held, modified } = dataset;
  if (latest === null) {
    return <>{trans.__('nothing committed yet')}</>;
  }
  return (
    <>
      {tags.length > 0 ? (
        tags.map(tag => (
          <Badge key={tag} kind="tag" title={trans.__('Tag of version %1', latest)}>
            {tag}
          </Badge>
        ))
      ) : (
        <span title={trans.__('Latest version')}>{latest}</span>
      )}
      <span title={files(held ?? 0, trans)}>{bytes(size ?? 0)}</span>
      <Ago time={modified} />
    </>
  );
}

/** That a version of it is mounted in this notebook run. */
function Mounted({ id, mounts }: { id: string; mounts: readonly Mount[] }): JSX.Element | null {
  const trans = useTrans();
  const mounted = mounts.filter(({ state }) => state === 'mounted');
  if (mounted.length === 0) {
    return null;
  }
  const words = trans.__('Mounted at %1', mounted.map(({ path }) => path).join(', '));
  return (
    <span id={id} className="gd-Row-mounted" title={words}>
      <mountIcon.react tag="span" aria-hidden="true" />
      <span className="gd-visuallyHidden">{words}</span>
    </span>
  );
}

function Uncommitted({ id, count }: { id: string; count: number }): JSX.Element | null {
  const trans = useTrans();
  if (count === 0) {
    return null;
  }
  const words = trans._n('%2 uncommitted version', '%2 uncommitted versions', count, count);
  return (
    <span id={id} className="gd-Row-uncommitted" title={words}>
      <editIcon.react tag="span" aria-hidden="true" />
      <span aria-hidden="true">{count}</span>
      <span className="gd-visuallyHidden">{words}</span>
    </span>
  );
}
