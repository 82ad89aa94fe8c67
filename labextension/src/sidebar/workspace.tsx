/** The home of this notebook run, and the repository that is cloned into it. */

import { editIcon, folderIcon, infoIcon, refreshIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { ApiError } from '../api/request';
import type { Workspace } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import { useTasks, useWorkspace } from '../data/live';
import { moment } from '../format';
import { CommandIDs } from '../tokens';
import { TaskProgress } from './taskProgress';

export function WorkspaceRow(): JSX.Element {
  const { commands, trans } = useApp();
  const workspace = useWorkspace().data;
  const task = useTasks().find(({ kind }) => kind === 'workspace');
  const isUpdating = workspace?.state === 'updating' || task !== undefined;
  const run = (command: string): void => void commands.execute(command);
  return (
    <li className="gd-Workspace">
      <div className="gd-Row">
        <button
          type="button"
          className="gd-Row-main"
          title={trans.__('Open the home of this notebook run in a file browser')}
          onClick={() => void commands.execute(CommandIDs.browseStorage, { path: 'notebook' })}
        >
          <folderIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
          <span className="gd-Row-text">
            <span className="gd-Row-name">/notebook</span>
            <span className="gd-Row-details">
              <Details workspace={workspace} />
            </span>
          </span>
        </button>
        <div className="gd-Row-tools">
          {workspace && workspace.url !== null && (
            <IconButton
              icon={refreshIcon}
              label={trans.__('Update the workspace now')}
              aria-disabled={isUpdating}
              onClick={() => !isUpdating && run(CommandIDs.updateWorkspace)}
            />
          )}
          <IconButton
            icon={editIcon}
            label={trans.__('Set workspace repository…')}
            onClick={() => run(CommandIDs.setWorkspace)}
          />
        </div>
      </div>
      {isUpdating ? (
        <TaskProgress words={trans.__('Updating')} name={trans.__('the workspace')} task={task} />
      ) : (
        workspace?.state === 'failed' && <Failed workspace={workspace} />
      )}
      {!isUpdating && workspace && workspace.notes.length > 0 && <Notes notes={workspace.notes} />}
    </li>
  );
}

/** Repository, branch and commit. */
function Details({ workspace }: { workspace: Workspace | undefined }): JSX.Element {
  const trans = useTrans();
  if (!workspace || workspace.url === null) {
    return <>{trans.__('home of this notebook run')}</>;
  }
  const { url, ref, commit, modified } = workspace;
  const updated = modified === null ? '' : trans.__('Updated %1', moment(modified));
  return (
    <>
      <span className="gd-Mount-source" title={url}>
        {shortUrl(url)}
      </span>
      {ref !== null && <span>{ref}</span>}
      {commit !== null && <span title={`${commit}\n${updated}`}>{commit.slice(0, 7)}</span>}
    </>
  );
}

function Failed({ workspace: { error } }: { workspace: Workspace }): JSX.Element {
  const { commands, trans } = useApp();
  const failure = error ?? {
    code: 'workspace_failed',
    message: trans.__('It could not be updated.'),
    hint: ''
  };
  return (
    <div className="gd-Mount-more" role="status">
      <ErrorMessage error={ApiError.from(failure)} />
      <div className="gd-Mount-actions">
        <Button
          aria-label={trans.__('Try to update the workspace again')}
          onClick={() => void commands.execute(CommandIDs.updateWorkspace)}
        >
          {trans.__('Try again')}
        </Button>
        <Button onClick={() => void commands.execute(CommandIDs.setWorkspace)}>
          {trans.__('Set repository…')}
        </Button>
      </div>
    </div>
  );
}

/** What the last update left as the user had it. */
function Notes({ notes }: { notes: readonly string[] }): JSX.Element {
  const trans = useTrans();
  return (
    <details className="gd-ViewNote">
      <summary>
        <infoIcon.react tag="span" aria-hidden="true" />
        <span>
          {trans._n(
            'The last update left %1 thing as you have it',
            'The last update left %1 things as you have them',
            notes.length
          )}
        </span>
      </summary>
      {notes.map(note => (
        <p key={note}>{note}</p>
      ))}
    </details>
  );
}

/** `team/project` of `https://github.com/team/project.git`. */
export function shortUrl(url: string): string {
  const parts = url
    .replace(/\.git\/?$/, '')
    .split(/[/:]/)
    .filter(Boolean);
  return parts.slice(-2).join('/') || url;
}
