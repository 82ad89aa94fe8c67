import { act, fireEvent, render, screen, within } from '@testing-library/react';
import React from 'react';
import {
  fakeApp,
  mount,
  page,
  progress,
  task,
  volumes,
  type IFakeApp,
  type Routes
} from '../../__tests__/fakeApp';
import type { Mount, Output } from '../../api/types';
import { AppProvider } from '../../context';
import type { INotice, ITaskNotice } from '../../data/events';
import { refresh } from '../../data/live';
import { CommandIDs } from '../../tokens';
import { MountedSection } from '../mounted';

let held: Mount[];
let fake: IFakeApp;
let done: { id: string; args: unknown }[];

const RESULTS: Output = {
  name: 'results',
  dataset: 'ds0000000000002',
  dataset_name: 'results',
  version: null,
  path: '/outputs/results',
  local_path: '/state/outputs/results',
  created: '2026-01-01T00:00:00Z',
  modified: '2026-01-01T00:00:00Z'
};

function show(mounts: Mount[], routes: Routes = {}): void {
  held = mounts;
  done = [];
  fake = fakeApp({
    'GET /mounts': () => held,
    'GET /outputs': () => [],
    'GET /volumes': () => volumes(),
    'GET /tasks': () => page(),
    ...routes
  });
  for (const id of Object.values(CommandIDs)) {
    fake.app.commands.addCommand(id, { execute: args => done.push({ id, args }) });
  }
  render(
    <AppProvider app={fake.app}>
      <MountedSection />
    </AppProvider>
  );
}

const press = async (name: string): Promise<void> => {
  fireEvent.click(await screen.findByRole('button', { name }));
};

const tell = async (notice: INotice | ITaskNotice): Promise<void> =>
  act(async () => refresh(notice));

const MOUNTED: INotice = { thing: 'mount', action: 'changed', subject: 'default/flowers' };

describe('MountedSection', () => {
  it('teaches the first step when nothing is mounted', async () => {
    show([]);
    await press('Mount dataset…');
    await press('New output…');
    expect(done.map(({ id }) => id)).toEqual([CommandIDs.mount, CommandIDs.newOutput]);
  });

  it('says where a mount is, of which version, and shows its files', async () => {
    show([mount({ is_writable: true })]);
    const row = await screen.findByRole('button', { name: '/inputs/flowers' });
    expect(row.textContent).toContain('flowers:aaaaaa1');
    expect(row.textContent).toContain('writable');
    fireEvent.click(row);
    await press('Commit flowers…');
    await press('Discard changes in flowers…');
    expect(done).toEqual([
      { id: CommandIDs.openMount, args: { mount: 'flowers' } },
      { id: CommandIDs.commitMount, args: { mount: 'flowers' } },
      { id: CommandIDs.discardMount, args: { mount: 'flowers' } }
    ]);
  });

  it('offers a newer version in one step', async () => {
    show([mount({ newer: 'bbbbbb2' })]);
    await screen.findByText('newer: bbbbbb2');
    await press('Update flowers to version bbbbbb2');
    expect(done).toEqual([{ id: CommandIDs.updateMount, args: { mount: 'flowers' } }]);
  });

  it('says why a mount failed, and what can be done', async () => {
    const error = { code: 'gone', message: 'The version is gone.', hint: 'Choose another.' };
    show([mount({ state: 'failed', version: null, error })]);
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toBe('The version is gone.Choose another.');
    await press('Try to mount flowers again');
    await press('Unmount flowers');
    expect(done.map(({ id }) => id)).toEqual([CommandIDs.updateMount, CommandIDs.unmount]);
  });

  it('follows a mount by the events of its task, and cancels that', async () => {
    show([mount({ state: 'mounting' })], {
      'GET /tasks': () => page(task(), task({ id: 'tk2', subject: 'default/other' })),
      'DELETE /tasks/tk1': () => task({ state: 'cancelled' })
    });
    const bar = await screen.findByRole('progressbar', { name: 'Mounting flowers' });
    expect(bar.getAttribute('aria-valuenow')).toBeNull();
    const notice: ITaskNotice = {
      thing: 'task',
      action: 'progress',
      subject: 'tk1',
      kind: 'mount',
      about: 'default/flowers',
      state: 'running',
      progress: progress({ bytes_done: 250, bytes_total: 1000 }),
      error: null
    };
    await tell(notice);
    expect(bar.getAttribute('aria-valuenow')).toBe('25');
    expect(screen.getByText('Mounting 250 B of 1.0 KB')).toBeTruthy();

    await press('Cancel flowers');
    await act(async () => undefined);
    expect(fake.server.count('DELETE', '/tasks/tk1')).toBe(1);
    held = [mount()];
    await tell({ ...notice, action: 'changed', state: 'succeeded' });
    await tell(MOUNTED);
    expect(screen.queryByRole('progressbar')).toBeNull();
  });

  it('unmounts what another process mounts, as there is no task to cancel', async () => {
    show([mount({ state: 'mounting' })], { 'DELETE /mounts/flowers': () => undefined });
    await press('Cancel flowers');
    await act(async () => undefined);
    expect(fake.server.count('DELETE', '/mounts/flowers')).toBe(1);
  });

  it('tells a screen reader what has become of mounts, but not of what was there', async () => {
    show([mount()]);
    await screen.findByRole('button', { name: '/inputs/flowers' });
    const status = screen.getByRole('status');
    expect(status.textContent).toBe('');
    held = [mount({ version: 'bbbbbb2' }), mount({ name: 'speech', state: 'failed' })];
    await tell(MOUNTED);
    expect(status.textContent).toBe(
      'Version bbbbbb2 is mounted at /inputs/flowers. speech could not be mounted.'
    );
  });

  it('gives the focus to the neighbour of a mount that is gone', async () => {
    show([mount({ name: 'a' }), mount({ name: 'b' }), mount({ name: 'c' })]);
    const row = await screen.findByRole('button', { name: '/inputs/b' });
    act(() => row.focus());
    held = [mount({ name: 'a' }), mount({ name: 'c' })];
    await tell(MOUNTED);
    expect(document.activeElement).toBe(screen.getByRole('button', { name: '/inputs/c' }));
  });

  it('keeps the focus in its row when the button that had it is gone', async () => {
    show([mount({ name: 'a' }), mount({ name: 'b', newer: 'bbbbbb2' })]);
    const update = await screen.findByRole('button', { name: 'Update b to version bbbbbb2' });
    act(() => update.focus());
    held = [mount({ name: 'a' }), mount({ name: 'b', version: 'bbbbbb2' })];
    await tell(MOUNTED);
    expect(document.activeElement).toBe(screen.getByRole('button', { name: '/inputs/b' }));
  });

  it('has the paths of this machine where kernels have no others, and says so', async () => {
    show([mount()], { 'GET /volumes': () => volumes('environment') });
    await press('Copy path /state/inputs/flowers');
    expect(done).toEqual([{ id: CommandIDs.copyPath, args: { path: '/state/inputs/flowers' } }]);
    expect(screen.getByText(/Kernels have no \/inputs here/)).toBeTruthy();
    expect(screen.getByText('Why: It is so.')).toBeTruthy();
  });

  it('does not say how kernels see the volumes where that is as it should be', async () => {
    show([mount()]);
    await screen.findByRole('button', { name: 'Copy path /inputs/flowers' });
    expect(screen.queryByRole('group')).toBeNull();
  });

  it('lists outputs, to be committed and deleted', async () => {
    show([], { 'GET /outputs': () => [RESULTS] });
    const list = await screen.findByRole('list', { name: 'Outputs' });
    expect(within(list).getByText('for results, not committed yet')).toBeTruthy();
    await press('Commit /outputs/results…');
    await press('Delete /outputs/results…');
    expect(done).toEqual([
      { id: CommandIDs.commitOutput, args: { output: 'results' } },
      { id: CommandIDs.deleteOutput, args: { output: 'results' } }
    ]);
  });
});
