import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { fakeApp, page, task } from '../../__tests__/fakeApp';
import type { TaskInfo, Workspace } from '../../api/types';
import { AppProvider } from '../../context';
import { CommandIDs } from '../../tokens';
import { shortUrl, WorkspaceRow } from '../workspace';

const READY: Workspace = {
  url: 'https://git.example/team/models.git',
  ref: 'main',
  commit: 'a1b2c3d4e5f6',
  state: 'ready',
  local_path: '/state/notebook',
  error: null,
  notes: [],
  modified: '2026-01-01T00:00:00Z'
};

let done: { id: string; args: unknown }[];

function show(workspace: Partial<Workspace>, ...tasks: TaskInfo[]): void {
  done = [];
  const { app } = fakeApp({
    'GET /workspace': () => ({ ...READY, ...workspace }),
    'GET /tasks': () => page(...tasks)
  });
  for (const id of Object.values(CommandIDs)) {
    app.commands.addCommand(id, { execute: args => done.push({ id, args }) });
  }
  render(
    <AppProvider app={app}>
      <ul>
        <WorkspaceRow />
      </ul>
    </AppProvider>
  );
}

const press = async (name: string): Promise<void> => {
  fireEvent.click(await screen.findByRole('button', { name }));
};

describe('WorkspaceRow', () => {
  it('is the home of the notebook run, also without a repository', async () => {
    show({ state: 'none', url: null, ref: null, commit: null });
    await press('/notebook home of this notebook run');
    await press('Set workspace repository…');
    expect(done).toEqual([
      { id: CommandIDs.browseStorage, args: { path: 'notebook' } },
      { id: CommandIDs.setWorkspace, args: {} }
    ]);
    expect(screen.queryByRole('button', { name: 'Update the workspace now' })).toBeNull();
  });

  it('says repository, branch and commit', async () => {
    show({});
    expect(await screen.findByText('team/models')).toBeTruthy();
    expect(screen.getByText('main')).toBeTruthy();
    expect(screen.getByText('a1b2c3d')).toBeTruthy();
    await press('Update the workspace now');
    expect(done).toEqual([{ id: CommandIDs.updateWorkspace, args: {} }]);
  });

  it('shows an update that goes on', async () => {
    show({ state: 'updating' }, task({ id: 'tk3', kind: 'workspace', subject: 'default' }));
    expect(await screen.findByRole('progressbar', { name: 'Updating the workspace' })).toBeTruthy();
    await screen.findByRole('button', { name: 'Cancel the workspace' });
    await press('Update the workspace now');
    expect(done).toEqual([]);
  });

  it('says why it failed, and lets try again', async () => {
    const error = { code: 'workspace_failed', message: 'No such branch.', hint: 'Choose another.' };
    show({ state: 'failed', error });
    expect((await screen.findByRole('alert')).textContent).toBe('No such branch.Choose another.');
    await press('Try to update the workspace again');
    await press('Set repository…');
    expect(done.map(({ id }) => id)).toEqual([CommandIDs.updateWorkspace, CommandIDs.setWorkspace]);
  });

  it('says what an update left as the user had it', async () => {
    show({ notes: ['Your model.py was kept; theirs is model.py.new.', 'You deleted data.csv.'] });
    expect(await screen.findByText('The last update left 2 things as you have them')).toBeTruthy();
    expect(screen.getByText('You deleted data.csv.')).toBeTruthy();
  });

  it('shortens URLs to what tells them apart', () => {
    expect(shortUrl('https://github.com/team/project.git')).toBe('team/project');
    expect(shortUrl('git@github.com:team/project.git')).toBe('team/project');
    expect(shortUrl('/srv/git/models')).toBe('git/models');
  });
});
