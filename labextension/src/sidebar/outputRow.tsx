/** One output: a folder that becomes a version of a dataset. */

import { copyIcon, ellipsesIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';
import type { Output } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { useApp } from '../context';
import { useVolumes } from '../data/live';
import { kernelPath } from '../data/paths';
import { outputIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { openMenu } from './menu';
import { MenuRow } from './rowFocus';
import { TaskProgress, useTaskOf } from './taskProgress';

const KINDS = ['commit-output'];

export function OutputRow({ output }: { output: Output }): JSX.Element {
  const { commands, trans } = useApp();
  const { name, path, dataset, dataset_name: datasetName, version } = output;
  const id = useId();
  const shown = kernelPath(output, useVolumes().data?.mode);
  const task = useTaskOf(KINDS, name);
  return (
    <MenuRow className="gd-Output" about={{ 'data-output': name, 'data-dataset': dataset }}>
      <div className="gd-Row">
        <button
          type="button"
          className="gd-Row-main"
          title={shown}
          aria-labelledby={`${id}path`}
          aria-describedby={`${id}details`}
          onClick={() => void commands.execute(CommandIDs.open, { dataset })}
        >
          <outputIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
          <span className="gd-Row-text">
            <span id={`${id}path`} className="gd-Row-name">
              {path}
            </span>
            <span id={`${id}details`} className="gd-Row-details">
              <span className="gd-Mount-source">
                {version === null
                  ? trans.__('for %1, not committed yet', datasetName)
                  : trans.__('for %1, last %2', datasetName, version)}
              </span>
            </span>
          </span>
        </button>
        <div className="gd-Row-tools">
          <IconButton
            icon={copyIcon}
            label={trans.__('Copy path %1', shown)}
            onClick={() => void commands.execute(CommandIDs.copyPath, { path: shown })}
          />
          <IconButton
            icon={ellipsesIcon}
            label={trans.__('Actions for %1', path)}
            aria-haspopup="menu"
            onClick={event => openMenu(event.currentTarget)}
          />
        </div>
      </div>
      {task ? (
        <TaskProgress words={trans.__('Committing')} name={path} task={task} />
      ) : (
        <div className="gd-Mount-more">
          <div className="gd-Mount-actions">
            <Button
              aria-label={trans.__('Commit %1…', path)}
              onClick={() => void commands.execute(CommandIDs.commitOutput, { output: name })}
            >
              {trans.__('Commit…')}
            </Button>
            <Button
              aria-label={trans.__('Delete %1…', path)}
              onClick={() => void commands.execute(CommandIDs.deleteOutput, { output: name })}
            >
              {trans.__('Delete…')}
            </Button>
          </div>
        </div>
      )}
    </MenuRow>
  );
}
