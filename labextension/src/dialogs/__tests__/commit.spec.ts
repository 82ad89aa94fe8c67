import { act, configure, fireEvent, screen, waitFor } from '@testing-library/react';
import { fail, fakeApp, page, version, type IFakeApp, type Routes } from '../../__tests__/fakeApp';
import type { Version } from '../../api/types';
import type { IUpload } from '../../uploads/tokens';
import { commitVersion } from '../commit';

// JupyterLab's dialogs are shown by its style sheets, which jsdom does not have; the first one is compiled when it
// is asked for.
configure({ defaultHidden: true, asyncUtilTimeout: 5000 });

const OPEN = version();
const PATH = `/datasets/${OPEN.dataset}/versions/${OPEN.version}`;
const DONE = version({ state: 'committed' });
const TASK = { id: 'tk1', kind: 'commit', state: 'running', progress: null };

const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }));
};

const upload = (state: IUpload['state']): Partial<IUpload> => ({
  ref: { dataset: OPEN.dataset, version: OPEN.version },
  title: 'photos to flowers',
  state,
  bytesDone: 1,
  bytesTotal: 4
});

function start(routes: Routes = {}): IFakeApp & { done: Promise<Version | null> } {
  let state = OPEN;
  const fake = fakeApp({
    [`GET ${PATH}`]: () => state,
    [`GET ${PATH}/changes`]: () => ({
      added: 2,
      changed: 0,
      removed: 1,
      bytes_added: 3000,
      bytes_removed: 10
    }),
    [`GET ${PATH}/diff`]: () =>
      page(
        { kind: 'added', path: 'small.txt', new_size: 1, old_size: null },
        { kind: 'removed', path: 'gone.txt', new_size: null, old_size: 10 },
        { kind: 'added', path: 'big.bin', new_size: 2999, old_size: null }
      ),
    [`GET /datasets/${OPEN.dataset}/tags`]: () => page({ name: 'best', version: 'aaaaaa1' }),
    [`PATCH ${PATH}`]: () => state,
    [`POST ${PATH}/commit`]: () => TASK,
    'GET /tasks/tk1': () => {
      state = DONE;
      return { ...TASK, state: 'succeeded', result: null };
    },
    [`PUT /datasets/${OPEN.dataset}/tags/best`]: () => ({}),
    [`PUT /datasets/${OPEN.dataset}/tags/new`]: () => ({}),
    ...routes
  });
  return { ...fake, done: commitVersion(fake.app, OPEN) };
}

const commits = ({ server }: IFakeApp): unknown[] =>
  server.asked.filter(({ path }) => path === `${PATH}/commit`).map(({ body }) => body);

afterEach(() => {
  expect(screen.queryByRole('dialog')).toBeNull();
});

describe('Commit', () => {
  it('shows what changes, sets message and tags, and waits for the task', async () => {
    const fake = start();
    await screen.findByText('big.bin');
    const shown = screen.getAllByRole('listitem').map(({ textContent }) => textContent);
    expect(shown.map(text => /big|gone|small/.exec(text ?? '')?.[0])).toEqual([
      'big',
      'gone',
      'small'
    ]);
    expect(screen.getByText(/2 files added, 1 file removed/)).toBeTruthy();
    fireEvent.change(screen.getByLabelText('Message'), { target: { value: 'Done' } });
    fireEvent.change(screen.getByLabelText('Tags'), { target: { value: 'best, new,,best' } });
    await screen.findByText('“best” points to version aaaaaa1 now. It will be moved.');
    press('Commit');
    expect(await fake.done).toEqual(DONE);
    const sent = fake.server.asked.filter(({ method }) => method !== 'GET');
    expect(sent.map(({ method, path, body }) => [method, path.split('/').pop(), body])).toEqual([
      ['PATCH', OPEN.version, { message: 'Done' }],
      ['POST', 'commit', { abandon_uploads: false }],
      ['PUT', 'best', { version: OPEN.version }],
      ['PUT', 'new', { version: OPEN.version }]
    ]);
  });

  it('waits for an upload into this version', async () => {
    const fake = start();
    await screen.findByRole('dialog');
    act(() => fake.uploads.set(upload('running')));
    await screen.findByText(/Commit waits for them/);
    press('Commit');
    const bar = await screen.findByRole('progressbar', {
      name: 'Waiting for the upload to finish…'
    });
    expect(bar.getAttribute('aria-valuenow')).toBe('25');
    expect(commits(fake)).toEqual([]);
    act(() => fake.uploads.set(upload('done')));
    expect(await fake.done).toEqual(DONE);
  });

  it.each([
    ['paused', 'stands still'],
    ['failed', 'did not arrive']
  ] as const)('refuses while an upload is %s', async (state, words) => {
    const fake = start();
    await screen.findByRole('dialog');
    fake.uploads.set(upload(state));
    press('Commit');
    expect((await screen.findByRole('alert')).textContent).toContain(words);
    expect(commits(fake)).toEqual([]);
    press('Cancel');
    expect(await fake.done).toBeNull();
  });

  it('stops to wait when it is cancelled', async () => {
    const fake = start();
    await screen.findByRole('dialog');
    fake.uploads.set(upload('running'));
    press('Commit');
    await screen.findByText('Waiting for the upload to finish…');
    press('Cancel');
    expect(await fake.done).toBeNull();
    fake.uploads.set(upload('done'));
    await Promise.resolve();
    expect(commits(fake)).toEqual([]);
  });

  it('offers to leave out what others have not finished to upload', async () => {
    const unfinished = 'Version cannot be committed: big.bin did not finish.';
    const fake = start({
      [`POST ${PATH}/commit`]: ({ body }) =>
        (body as { abandon_uploads: boolean }).abandon_uploads
          ? TASK
          : fail(409, 'uploads_unfinished', unfinished, 'Run put again with --abandon-uploads.')
    });
    await screen.findByRole('dialog');
    press('Commit');
    const alert = await screen.findByRole('alert');
    expect(alert.textContent).toContain(unfinished);
    expect(alert.textContent).not.toContain('--abandon');
    fireEvent.click(
      screen.getByRole('checkbox', { name: 'Commit without the files that have not arrived' })
    );
    press('Commit');
    expect(await fake.done).toEqual(DONE);
    expect(commits(fake)).toEqual([{ abandon_uploads: false }, { abandon_uploads: true }]);
  });

  it('cancels the task with the dialog, and shows why a commit failed', async () => {
    let end: (task: unknown) => void = () => undefined;
    const running = new Promise(resolve => (end = resolve));
    const fake = start({ 'GET /tasks/tk1': () => running, 'DELETE /tasks/tk1': () => TASK });
    await screen.findByRole('dialog');
    press('Commit');
    await waitFor(() => expect(fake.server.count('GET', '/tasks/tk1')).toBe(1));
    press('Cancel');
    expect(await fake.done).toBeNull();
    await waitFor(() => expect(fake.server.count('DELETE', '/tasks/tk1')).toBe(1));
    end({ ...TASK, state: 'cancelled' });
  });

  it('has nothing to ask of a version that is committed', async () => {
    expect(await start({ [`GET ${PATH}`]: () => DONE }).done).toEqual(DONE);
    expect(screen.queryByRole('dialog')).toBeNull();
  });
});
