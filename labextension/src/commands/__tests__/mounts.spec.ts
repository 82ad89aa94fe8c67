import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import { configure, fireEvent, screen, waitFor } from '@testing-library/react';
import {
  dataset,
  fail,
  fakeApp,
  mount,
  page,
  publicDataset,
  task,
  version,
  volumes,
  type IFakeApp,
  type Routes
} from '../../__tests__/fakeApp';
import type { Mount } from '../../api/types';
import { CommandIDs } from '../../tokens';
import { commands as plugin } from '../plugin';

configure({ defaultHidden: true, asyncUtilTimeout: 5000 });

const ID = 'ds0000000000001';
const LATEST = version({ version: 'aaaaaa1', state: 'committed', parent: null });
const OLDER = version({ version: 'ooooo01', state: 'committed', parent: null });

interface IFake extends IFakeApp {
  run: (id: string, args?: object) => Promise<unknown>;
  /** Bodies that were sent. */
  sent: (method: string, path: string) => unknown[];
}

function start(mounts: Mount[], routes: Routes = {}, row: Record<string, string> = {}): IFake {
  const ended = (result: unknown) => () => task({ state: 'succeeded', result });
  const fake = fakeApp({
    'GET /datasets': () => page(dataset()),
    [`GET /datasets/${ID}`]: () => dataset(),
    [`GET /datasets/${ID}/versions`]: () => page(LATEST, OLDER),
    [`GET /datasets/${ID}/versions/latest`]: () => LATEST,
    [`GET /datasets/${ID}/versions/aaaaaa1`]: () => LATEST,
    [`GET /datasets/${ID}/versions/ooooo01`]: () => OLDER,
    [`GET /datasets/${ID}/tags`]: () => page(),
    'GET /mounts': () => mounts,
    'GET /mounts/flowers': () => mounts[0],
    'POST /mounts': ended(mount()),
    'POST /mounts/flowers/update': ended(mount()),
    'GET /volumes': () => volumes(),
    ...routes
  });
  const { app, server } = fake;
  const element = document.createElement('li');
  Object.assign(element.dataset, { gdRow: '', ...row });
  const frontEnd = {
    commands: app.commands,
    contextMenuHitTest: (test: (node: HTMLElement) => boolean) =>
      test(element) ? element : undefined
  };
  app.commands.addCommand(CommandIDs.open, { execute: () => undefined });
  void plugin.activate(frontEnd as unknown as JupyterFrontEnd, app, null);
  return {
    ...fake,
    run: (id, args = {}) => app.commands.execute(id, { ...args }),
    sent: (method, path) =>
      server.asked.filter(one => one.method === method && one.path === path).map(one => one.body)
  };
}

const messages = (): string[] => Notification.manager.notifications.map(({ message }) => message);

const choose = (label: string): void => {
  const found = Notification.manager.notifications
    .flatMap(({ options }) => options.actions)
    .find(action => action?.label === label);
  found?.callback(new MouseEvent('click'));
};

const press = async (name: string): Promise<void> => {
  fireEvent.click(await screen.findByRole('button', { name }));
};

afterEach(() => Notification.dismiss());

describe('Mount', () => {
  it('mounts the latest version of a dataset at once, and says where it is', async () => {
    const { run, sent } = start([]);
    await run(CommandIDs.mount, { dataset: ID });
    expect(sent('POST', '/mounts')).toEqual([{ reference: `${ID}:latest`, writable: false }]);
    expect(messages()).toEqual(['Version aaaaaa1 of “flowers” is at /inputs/flowers.']);
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue(undefined);
    choose('Copy Path');
    expect(copy).toHaveBeenCalledWith('/inputs/flowers');
    copy.mockRestore();
  });

  it('says so when the same is mounted already', async () => {
    const { run, sent } = start([mount()]);
    await run(CommandIDs.mount, { dataset: ID });
    expect(sent('POST', '/mounts')).toEqual([]);
    expect(messages()).toEqual(['“flowers” is mounted already, at /inputs/flowers.']);
  });

  it('knows under which name a folder has that of a dataset', async () => {
    const { run, sent } = start([mount({ name: 'my-flowers-2024', version: 'ooooo01' })], {
      [`GET /datasets/${ID}`]: () => dataset({ name: 'my flówers (2024)' })
    });
    const done = run(CommandIDs.mount, { dataset: ID });
    await screen.findByLabelText('At /inputs/my-flowers-2024, instead of version ooooo01');
    fireEvent.click(screen.getByLabelText('Beside it, under another name'));
    const name = screen.getByLabelText<HTMLInputElement>('Name');
    expect(name.value).toBe('my-flowers-2024-aaaaaa1');
    fireEvent.change(name, { target: { value: 'a b' } });
    await screen.findByText(/It becomes a folder/);
    await press('Cancel');
    await done;
    expect(sent('POST', '/mounts')).toEqual([]);
  });

  it('tries again what has failed', async () => {
    const { run, sent } = start([mount({ state: 'failed' })]);
    await run(CommandIDs.mount, { dataset: ID });
    expect(sent('POST', '/mounts/flowers/update')).toEqual([{}]);
  });

  it('takes the place of another version, if that is wanted', async () => {
    const { run, sent } = start([mount()]);
    const done = run(CommandIDs.mount, { dataset: ID, version: 'ooooo01' });
    await screen.findByLabelText('At /inputs/flowers, instead of version aaaaaa1');
    await press('Mount');
    await done;
    expect(sent('POST', '/mounts/flowers/update')).toEqual([{ reference: `${ID}:ooooo01` }]);
  });

  it('or goes beside it, under a name that is free', async () => {
    const { run, sent } = start([mount()]);
    const done = run(CommandIDs.mount, { dataset: ID, version: 'ooooo01' });
    fireEvent.click(await screen.findByLabelText('Beside it, under another name'));
    const name = screen.getByLabelText<HTMLInputElement>('Name');
    expect(name.value).toBe('flowers-ooooo01');
    fireEvent.change(name, { target: { value: 'flowers' } });
    await screen.findByText('This name is taken.');
    fireEvent.change(name, { target: { value: 'old' } });
    await press('Mount');
    await done;
    expect(sent('POST', '/mounts')).toEqual([
      { reference: `${ID}:ooooo01`, name: 'old', writable: false }
    ]);
  });

  it('asks before it mounts writable, of a version that can be chosen', async () => {
    const { run, sent } = start([]);
    const done = run(CommandIDs.mount, { dataset: ID, writable: true });
    fireEvent.change(await screen.findByLabelText('Version'), { target: { value: 'ooooo01' } });
    expect(screen.getByLabelText<HTMLInputElement>('Writable').checked).toBe(true);
    await press('Mount');
    await done;
    expect(sent('POST', '/mounts')).toEqual([
      { reference: `${ID}:ooooo01`, name: 'flowers', writable: true }
    ]);
  });

  it('shows in the dialog what the server refuses', async () => {
    const { run } = start([], {
      'POST /mounts': () =>
        fail(409, 'mount_exists', 'It is mounted already.', 'Take another name.')
    });
    const done = run(CommandIDs.mount, { dataset: ID, writable: true });
    await screen.findByLabelText('Writable');
    await press('Mount');
    expect((await screen.findByRole('alert')).textContent).toContain('It is mounted already.');
    await press('Cancel');
    await done;
    expect(messages()).toEqual([]);
  });

  it('says why it failed, but not that it was cancelled', async () => {
    const error = { code: 'gone', message: 'A file is gone.', hint: 'Verify it.' };
    const failed = start([], { 'POST /mounts': () => task({ state: 'failed', error }) });
    await failed.run(CommandIDs.mount, { dataset: ID });
    expect(messages()).toEqual(['A file is gone. Verify it.']);
    Notification.dismiss();
    const cancelled = start([], { 'POST /mounts': () => task({ state: 'cancelled' }) });
    await cancelled.run(CommandIDs.mount, { dataset: ID });
    expect(messages()).toEqual([]);
  });

  it('updates the mount of a row', async () => {
    const { run, sent } = start([mount()], {}, { mount: 'flowers', newer: 'bbbbbb2' });
    await run(CommandIDs.updateMount, { inContext: true });
    expect(sent('POST', '/mounts/flowers/update')).toEqual([{}]);
  });

  it('copies the path that kernels have', async () => {
    const copy = jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue(undefined);
    const routes = { 'GET /volumes': () => volumes('environment') };
    const { run } = start([mount()], routes, { mount: 'flowers' });
    await run(CommandIDs.copyPath, { inContext: true });
    expect(copy).toHaveBeenCalledWith('/state/inputs/flowers');
    copy.mockRestore();
  });
});

describe('Unmount', () => {
  it('needs no question, and can be undone', async () => {
    const { run, sent } = start([mount()], { 'DELETE /mounts/flowers': () => undefined });
    expect(await run(CommandIDs.unmount, { mount: 'flowers' })).toBe(true);
    expect(messages()).toEqual(['Unmounted /inputs/flowers.']);
    choose('Undo');
    await waitFor(() =>
      expect(sent('POST', '/mounts')).toEqual([
        { reference: 'flowers:latest', name: 'flowers', writable: false }
      ])
    );
  });

  it('brings the same version back, also when there is a newer one', async () => {
    const old = mount({ newer: 'bbbbbb2' });
    const { run, sent } = start([old], { 'DELETE /mounts/flowers': () => undefined });
    await run(CommandIDs.unmount, { mount: 'flowers' });
    choose('Undo');
    await waitFor(() =>
      expect(sent('POST', '/mounts')).toEqual([
        { reference: `${ID}:aaaaaa1`, name: 'flowers', writable: false }
      ])
    );
  });

  it('asks for a bucket, whose keys would have to be written again', async () => {
    const bucket = mount({ dataset: null, reference: 's3://bucket/data' });
    const { run, sent } = start([bucket], { 'DELETE /mounts/flowers': () => undefined });
    const done = run(CommandIDs.unmount, { mount: 'flowers' });
    await screen.findByText(/it has to be written into settings.yaml/);
    expect(sent('DELETE', '/mounts/flowers')).toEqual([]);
    await press('Unmount');
    expect(await done).toBe(true);
  });

  it('asks before changes are lost', async () => {
    let discarded = false;
    const { run } = start([mount({ is_writable: true })], {
      'DELETE /mounts/flowers': ({ query }) => {
        discarded = query.get('discard') === 'true';
        return discarded ? undefined : fail(409, 'mount_changed', 'It has changes.');
      }
    });
    const done = run(CommandIDs.unmount, { mount: 'flowers' });
    await screen.findByText('To keep them, cancel this and commit.');
    expect(discarded).toBe(false);
    await press('Discard and Unmount');
    expect(await done).toBe(true);
    expect(discarded).toBe(true);
  });
});

describe('Writable mounts and outputs', () => {
  it('are committed with a message and a tag', async () => {
    const made = version({ version: 'nnnnnn1', state: 'committed' });
    const { run, sent } = start([mount({ is_writable: true })], {
      'POST /mounts/flowers/commit': () => task({ state: 'succeeded', result: made })
    });
    const done = run(CommandIDs.commitMount, { mount: 'flowers' });
    fireEvent.change(await screen.findByLabelText('Message'), { target: { value: ' Cleaned ' } });
    fireEvent.change(screen.getByLabelText('Tag'), { target: { value: 'clean' } });
    await press('Commit');
    await done;
    expect(sent('POST', '/mounts/flowers/commit')).toEqual([{ message: 'Cleaned', tag: 'clean' }]);
    expect(messages()).toEqual(['Committed version nnnnnn1 of “flowers”.']);
  });

  it('lose changes only after a question', async () => {
    const { run, sent } = start([mount({ is_writable: true })], {
      'POST /mounts/flowers/discard': () => mount({ is_writable: true })
    });
    const done = run(CommandIDs.discardMount, { mount: 'flowers' });
    await screen.findByText(/What was changed is gone/);
    expect(sent('POST', '/mounts/flowers/discard')).toEqual([]);
    await press('Discard Changes');
    expect(await done).toBe(true);
    expect(sent('POST', '/mounts/flowers/discard')).toHaveLength(1);
  });

  it('of which there is none to choose from, are told in words', async () => {
    const { run } = start([mount()]);
    await run(CommandIDs.commitMount);
    expect(messages()).toEqual(['There is no such mount. Mount a dataset first.']);
  });

  it('are made for a dataset that there is, or for a new one', async () => {
    const output = {
      name: 'results',
      path: '/outputs/results',
      local_path: '/state/outputs/results'
    };
    const { run, sent } = start([], { 'POST /outputs': () => output });
    const done = run(CommandIDs.newOutput);
    const field = await screen.findByLabelText('Dataset');
    fireEvent.change(field, { target: { value: 'results' } });
    await screen.findByText('A new dataset. The folder will be /outputs/results.');
    await press('Create');
    expect(await done).toEqual(output);
    expect(sent('POST', '/outputs')).toEqual([{ dataset: 'results' }]);
  });
});

describe('Public datasets', () => {
  const files = ['a.zip', 'b.zip', 'c.zip'].map((path, at) => ({
    path,
    url: `https://example.org/${path}`,
    bytes: 400_000,
    is_present: at === 2
  }));

  it('are fetched whole or in part, and say what they take', async () => {
    const mnist = publicDataset({ state: 'partial', files, homepage: 'https://example.org/' });
    const { run, sent } = start([], {
      'GET /public/mnist': () => mnist,
      'POST /public/mnist/fetch': () => task({ state: 'succeeded', result: mnist })
    });
    const first = run(CommandIDs.fetchPublic, { public: 'mnist' });
    await screen.findByText('2 files to fetch, 800 KB; 1.0 MB are free.');
    const link = screen.getByRole('link');
    expect(link.getAttribute('rel')).toBe('noopener noreferrer');
    expect(screen.getByLabelText<HTMLInputElement>(/c\.zip/).disabled).toBe(true);
    await press('Fetch');
    await first;
    const second = run(CommandIDs.fetchPublic, { public: 'mnist' });
    fireEvent.click(await screen.findByLabelText(/a\.zip/));
    await screen.findByText('1 file to fetch, 400 KB; 1.0 MB are free.');
    await press('Fetch');
    await second;
    expect(sent('POST', '/public/mnist/fetch')).toEqual([{ files: [] }, { files: ['b.zip'] }]);
    expect(messages()).toContain('“mnist” is at /datasets/mnist.');
  });

  it('make no link of what is no page', async () => {
    const mnist = publicDataset({ homepage: 'javascript:alert(1)' });
    const { run } = start([], { 'GET /public/mnist': () => mnist });
    const done = run(CommandIDs.fetchPublic, { public: 'mnist' });
    await screen.findByText('javascript:alert(1)');
    expect(screen.queryByRole('link')).toBeNull();
    await press('Cancel');
    await done;
  });
});

describe('The workspace', () => {
  const now = { url: null, ref: null, commit: null, state: 'none', notes: [] };
  const ready = { ...now, url: 'https://git.example/a.git', commit: 'a1b2c3d4e5', state: 'ready' };

  it('gets a repository', async () => {
    const { run, sent } = start([], {
      'GET /workspace': () => now,
      'POST /workspace': () => task({ state: 'succeeded', result: ready })
    });
    const done = run(CommandIDs.setWorkspace);
    const url = await screen.findByLabelText('Repository');
    fireEvent.change(url, { target: { value: ' https://git.example/a.git ' } });
    await press('Clone');
    await done;
    expect(sent('POST', '/workspace')).toEqual([{ url: 'https://git.example/a.git' }]);
    expect(messages()).toEqual(['The workspace is up to date, at a1b2c3d.']);
  });

  it('keeps what was typed when the server refuses it', async () => {
    const { run } = start([], {
      'GET /workspace': () => now,
      'POST /workspace': () => fail(400, 'invalid', 'That is no URL.', 'Give another.')
    });
    const done = run(CommandIDs.setWorkspace);
    const url = await screen.findByLabelText<HTMLInputElement>('Repository');
    fireEvent.change(url, { target: { value: 'nonsense' } });
    await press('Clone');
    expect((await screen.findByRole('alert')).textContent).toContain('That is no URL.');
    expect(url.value).toBe('nonsense');
    await press('Cancel');
    await done;
  });
});
