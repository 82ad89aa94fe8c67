import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Notification } from '@jupyterlab/apputils';
import { Signal } from '@lumino/signaling';
import { act, fireEvent, render, screen, waitFor } from '@testing-library/react';
import React from 'react';
import {
  fail,
  fakeApp,
  mount,
  page,
  task,
  version,
  type IFakeApp,
  type Routes
} from '../../__tests__/fakeApp';
import type { LockCheck, LockReport } from '../../api/types';
import { commands as plugin } from '../../commands/plugin';
import { AppProvider } from '../../context';
import type { INotice } from '../../data/events';
import { refresh } from '../../data/live';
import { check, entry, FakeContext, lockOf } from '../../lock/__tests__/helpers';
import { NotebookLocks } from '../../lock/locks';
import { tellWhatIsMissing } from '../../lock/opening';
import { CommandIDs } from '../../tokens';
import { NotebookDataSection } from '../notebookData';

const OLD = entry();
const PLAIN = entry({ reference: 'ds0000000000001:latest', path: null });
const OTHER = entry({
  reference: 'weather:aaaaaa9',
  dataset: 'ds0000000000002',
  dataset_name: 'weather',
  version: 'aaaaaa9',
  path: null
});
const ABSENT = { code: 'version_not_found', message: 'It is not known.', hint: 'Add a provider.' };

interface IShown extends IFakeApp {
  context: FakeContext;
  locks: NotebookLocks;
  events: Signal<object, INotice | null>;
  done: { id: string; args: unknown }[];
  entriesNow: () => unknown;
}

let held: LockCheck[];

async function show(checks: LockCheck[], routes: Routes = {}): Promise<IShown> {
  held = checks;
  const locks = new NotebookLocks();
  const fake = fakeApp({
    'POST /check-lock': () => held,
    'GET /tasks': () => page(),
    'GET /mounts': () => [mount()],
    ...routes
  });
  const events = new Signal<object, INotice | null>({});
  Object.assign(fake.app, { locks, events: { changed: events } });
  const frontEnd = { commands: fake.app.commands, contextMenuHitTest: () => undefined };
  void plugin.activate(frontEnd as unknown as JupyterFrontEnd, fake.app, null);
  const done: IShown['done'] = [];
  for (const id of [CommandIDs.open, CommandIDs.showNotebookData]) {
    fake.app.commands.addCommand(id, { execute: args => done.push({ id, args }) });
  }
  const context = new FakeContext();
  if (checks.length > 0) {
    context.model.setMetadata('gradient', { lock: lockOf(...checks.map(one => one.entry)) });
  }
  await locks.add(context.panel()).ready;
  locks.setCurrent(context.panel());
  const entriesNow = (): unknown => locks.current?.entries;
  return { ...fake, context, locks, events, done, entriesNow };
}

async function draw(shown: IShown): Promise<void> {
  render(
    <AppProvider app={shown.app}>
      <NotebookDataSection />
    </AppProvider>
  );
  await act(async () => undefined);
}

const press = async (name: string): Promise<void> => {
  fireEvent.click(await screen.findByRole('button', { name }));
  await act(async () => undefined);
};

const messages = (): string[] => Notification.manager.notifications.map(({ message }) => message);

const choose = (label: string): void => {
  const actions = Notification.manager.notifications.flatMap(({ options }) => options.actions);
  actions.find(action => action?.label === label)?.callback(new MouseEvent('click'));
};

const ended = (result: unknown) => () => task({ state: 'succeeded', result });

beforeEach(() => {
  Notification.dismiss();
  sessionStorage.clear();
});

describe('NotebookDataSection', () => {
  it('says in a line that there is nothing', async () => {
    const shown = await show([]);
    await draw(shown);
    expect(screen.getByText('analysis.ipynb has used no dataset yet.')).toBeTruthy();
    act(() => shown.context.close());
    expect(screen.getByText('Datasets that a notebook uses are listed here.')).toBeTruthy();
  });

  it('lists what the notebook used, and how it is', async () => {
    const checks = [
      check(),
      check({ entry: OTHER, state: 'absent', error: ABSENT }),
      check({ entry: entry({ reference: 'x:v1', dataset_name: 'x' }), state: 'different' })
    ];
    const { done } = await show(checks).then(async shown => {
      await draw(shown);
      return shown;
    });
    const row = screen.getByRole('button', { name: 'flowers:latest' });
    expect(row.textContent).toContain('readyaaaaaa1/inputs/flowers');
    expect(screen.getByRole('button', { name: 'weather:aaaaaa9' }).textContent).toContain(
      'not here'
    );
    expect(screen.getByRole('button', { name: 'x:v1' }).textContent).toContain('different');
    await press('weather:aaaaaa9');
    await press('flowers:latest');
    const args = { dataset: OLD.dataset, version: OLD.version, tab: 'files' };
    expect(done).toEqual([{ id: CommandIDs.open, args }]);
  });

  it('follows the kernel, the server and the notebook that is used', async () => {
    const shown = await show([check()]);
    await draw(shown);
    expect(screen.queryByRole('button', { name: 'Restore all' })).toBeNull();
    held = [check({ state: 'unmounted' })];
    await act(async () =>
      refresh({ thing: 'mount', action: 'deleted', subject: 'default/flowers' })
    );
    expect(screen.getByText('not mounted')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Restore all' })).toBeTruthy();
    expect(screen.getByRole('status').textContent).toBe('flowers:latest is not as it was.');

    held = [check(), check({ entry: OTHER })];
    await act(async () =>
      shown.context.model.setMetadata('gradient', { lock: lockOf(OLD, OTHER) })
    );
    expect(screen.getByRole('button', { name: 'weather:aaaaaa9' })).toBeTruthy();
    const other = new FakeContext('other.ipynb');
    act(() => shown.locks.setCurrent(other.panel()));
    expect(screen.getByText('other.ipynb has used no dataset yet.')).toBeTruthy();
  });

  it('says why it cannot be looked at, and looks again', async () => {
    let answer: () => unknown = () => fail(500, 'broken', 'The database is away.', 'Start it.');
    await draw(await show([check()], { 'POST /check-lock': () => answer() }));
    expect(screen.getByRole('alert').textContent).toContain('The database is away.');
    answer = () => [check()];
    await press('Try again');
    expect(await screen.findByText('ready')).toBeTruthy();
  });

  it('restores all, and says of each entry why it could not', async () => {
    const missing = check({ entry: OTHER, state: 'absent', error: ABSENT });
    const shown = await show([check({ state: 'unmounted' }), missing], {
      'POST /restore-lock': () => {
        held = [check(), missing];
        return ended([check(), missing])();
      }
    });
    await draw(shown);
    await press('Restore all');
    await waitFor(() =>
      expect(messages()).toEqual([
        '1 of 2 entries could not be restored. weather:aaaaaa9: It is not known.'
      ])
    );
    expect(screen.getByRole('alert').textContent).toBe('It is not known.Add a provider.');
    expect(shown.server.asked.find(({ path }) => path === '/restore-lock')?.body).toEqual({
      entries: [OLD, OTHER]
    });
  });

  it('shows how far restoring is, and cancels it', async () => {
    const shown = await show([check({ state: 'unmounted' })], {
      'POST /restore-lock': () => task({ id: 'tk7', kind: 'restore-lock', subject: 'default' }),
      'GET /tasks': () => page(task({ id: 'tk7', kind: 'restore-lock', subject: 'default' })),
      'GET /tasks/tk7': () => new Promise(() => undefined),
      'DELETE /tasks/tk7': () => task({ state: 'cancelled' })
    });
    await draw(shown);
    await press('Restore all');
    expect(screen.getByRole('progressbar', { name: 'Restoring analysis.ipynb' })).toBeTruthy();
    expect(screen.queryByRole('button', { name: 'Verify' })).toBeNull();
    await press('Cancel analysis.ipynb');
    await waitFor(() => expect(shown.server.count('DELETE', '/tasks/tk7')).toBe(1));
  });

  it('proves the data, and lists what is wrong with it', async () => {
    const report: LockReport = {
      entries: 1,
      files: 5,
      bytes_read: 9000,
      problems: [{ thing: 'flowers:latest/a.csv', what: 'Its bytes are others.', fatal: true }]
    };
    await draw(await show([check()], { 'POST /verify-lock': ended(report) }));
    await press('Verify');
    const words = 'Not the data of the lock: 1 problem in 5 files, 9.0 KB.';
    await waitFor(() => expect(messages()).toEqual([words]));
    const found = screen.getByRole('region', { name: 'Result of verifying' });
    expect(found.textContent).toContain(words);
    expect(found.textContent).toContain('flowers:latest/a.csv Its bytes are others.');
  });

  it('moves all entries of a reference to the newer version, and back', async () => {
    const newer = version({ version: 'bbbbbb2', root: 'cd'.repeat(32), files: 6, bytes: 9500 });
    const shown = await show(
      [
        check({ newer: 'bbbbbb2' }),
        check({ entry: PLAIN, newer: 'bbbbbb2' }),
        check({ entry: OTHER })
      ],
      {
        'GET /datasets/ds0000000000001/versions/latest': () => newer,
        'POST /mounts/flowers/update': ended(mount({ version: 'bbbbbb2' }))
      }
    );
    await draw(shown);
    fireEvent.click(
      screen.getAllByRole('button', { name: 'Update flowers:latest to version bbbbbb2' })[0]
    );
    const change = { version: 'bbbbbb2', root: 'cd'.repeat(32), files: 6, bytes: 9500 };
    await waitFor(() =>
      expect(shown.entriesNow()).toEqual([{ ...OLD, ...change }, { ...PLAIN, ...change }, OTHER])
    );
    expect(messages()).toEqual(['“flowers:latest” is version bbbbbb2 in analysis.ipynb now.']);
    await act(async () => choose('Undo'));
    await waitFor(() => expect(shown.entriesNow()).toEqual([OLD, PLAIN, OTHER]));
    const updates = shown.server.asked.filter(({ path }) => path.endsWith('/update'));
    expect(updates.map(({ body }) => body)).toEqual([
      { reference: 'flowers:latest' },
      { reference: 'ds0000000000001:aaaaaa1' }
    ]);
  });

  it('leaves the lock as it is when what is mounted cannot be updated', async () => {
    const shown = await show([check({ newer: 'bbbbbb2' })], {
      'GET /datasets/ds0000000000001/versions/latest': () => version({ version: 'bbbbbb2' }),
      'POST /mounts/flowers/update': () => fail(409, 'mount_changed', 'It has changes.')
    });
    await draw(shown);
    await press('Update flowers:latest to version bbbbbb2');
    await waitFor(() => expect(messages()).toEqual(['It has changes.']));
    expect(shown.entriesNow()).toEqual([OLD]);
  });

  it('forgets an entry, and remembers it again', async () => {
    const shown = await show([check(), check({ entry: OTHER })]);
    await draw(shown);
    const key = 'flowers:latest /inputs/flowers';
    await act(() => shown.app.commands.execute(CommandIDs.forgetLocked, { entry: key }));
    expect(shown.entriesNow()).toEqual([OTHER]);
    expect(messages()).toEqual(['analysis.ipynb forgot flowers:latest (aaaaaa1).']);
    await act(async () => choose('Undo'));
    expect(shown.entriesNow()).toEqual([OLD, OTHER]);
  });
});

describe('when a notebook is opened', () => {
  const tell = ({ app, locks }: IShown): Promise<void> =>
    tellWhatIsMissing(app, locks.current as NonNullable<typeof locks.current>);

  it('says what is not here, once for each state', async () => {
    const shown = await show([check({ state: 'absent' }), check({ entry: OTHER })]);
    await tell(shown);
    await tell(shown);
    expect(messages()).toEqual(['This notebook’s data is not here: flowers:latest (aaaaaa1)']);
    choose('Details');
    expect(shown.done.map(({ id }) => id)).toEqual([CommandIDs.showNotebookData]);
    held = [check({ state: 'unmounted' }), check({ entry: OTHER })];
    await tell(shown);
    expect(messages()).toContain('This notebook’s data is not mounted: flowers:latest (aaaaaa1)');
  });

  it.each([
    ['is all here, also when something is newer', [check({ newer: 'bbbbbb2' })]],
    ['used no data', []]
  ])('says nothing of a notebook that %s', async (_, checks) => {
    await tell(await show(checks));
    expect(messages()).toEqual([]);
  });

  it('says nothing when the server cannot be asked', async () => {
    await tell(await show([check()], { 'POST /check-lock': () => fail(500, 'x', 'Away.') }));
    expect(messages()).toEqual([]);
  });

  it('takes it back when somebody else brings the data back, or it is closed', async () => {
    const shown = await show([check({ state: 'unmounted' })]);
    await tell(shown);
    held = [check()];
    shown.events.emit({ thing: 'mount', action: 'changed', subject: 'default/flowers' });
    await waitFor(() => expect(messages()).toEqual([]));
    held = [check({ state: 'unmounted' })];
    await tell(shown);
    expect(messages()).toHaveLength(1);
    shown.context.close();
    expect(messages()).toEqual([]);
  });

  it('restores by its button', async () => {
    const shown = await show([check({ state: 'unmounted' })], {
      'POST /restore-lock': ended([check()])
    });
    await tell(shown);
    choose('Restore');
    await waitFor(() =>
      expect(messages()).toEqual([
        'The data of analysis.ipynb is here, as it was: flowers:latest (aaaaaa1)'
      ])
    );
  });
});
