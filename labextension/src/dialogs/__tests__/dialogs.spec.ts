import { Notification } from '@jupyterlab/apputils';
import { act, configure, fireEvent, screen, waitFor, within } from '@testing-library/react';
import {
  dataset,
  fail,
  fakeApp,
  never,
  page,
  version,
  type IFakeApp,
  type Routes
} from '../../__tests__/fakeApp';
import type { Provider } from '../../api/types';
import { refresh } from '../../data/live';
import { addProvider } from '../addProvider';
import { askTarget } from '../addToDataset';
import { newDataset } from '../newDataset';
import { newTag } from '../newTag';
import { newVersion } from '../newVersion';
import { pickDataset } from '../pickDataset';
import { removeProvider } from '../removeProvider';
import { askName } from '../rename';
import { moveToTrash, restore } from '../trash';

// JupyterLab's dialogs are shown by its style sheets, which jsdom does not have; the first one is compiled when it
// is asked for.
configure({ defaultHidden: true, asyncUtilTimeout: 5000 });

const ID = 'ds0000000000001';
const PROVIDERS = page({ id: 'sp1', name: 'Managed', is_team_default: true, s3: null });

const type = (label: string, value: string): void => {
  fireEvent.change(screen.getByLabelText(label), { target: { value } });
};
const press = (name: string): void => {
  fireEvent.click(screen.getByRole('button', { name }));
};
const isShown = (): boolean => screen.queryByRole('dialog') !== null;
const last = ({ server }: IFakeApp): unknown => server.asked[server.asked.length - 1].body;

afterEach(() => {
  expect(isShown()).toBe(false);
  Notification.dismiss();
});

describe('New Dataset', () => {
  it('says what a name cannot have, keeps what was typed when the server refuses, and makes it', async () => {
    const taken = fail(409, 'name_taken', 'A dataset named flowers exists already.', 'Choose.');
    let answer: unknown = taken;
    const fake = fakeApp({
      'GET /providers': () => PROVIDERS,
      'POST /datasets': () => answer
    });
    const made = newDataset(fake.app);
    await screen.findByRole('option', { name: 'Managed (default)' });
    expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Create' }).disabled).toBe(true);
    type('Name', 'a:b');
    expect(screen.getByLabelText('Name').getAttribute('aria-invalid')).toBe('true');
    expect(screen.getByText('A name cannot contain “:”.')).toBeTruthy();
    type('Name', ' flowers ');
    type('Description', 'Photos');
    press('Create');
    expect((await screen.findByRole('alert')).textContent).toContain('exists already');
    expect(screen.getByLabelText<HTMLInputElement>('Name').value).toBe(' flowers ');
    expect(screen.getByLabelText<HTMLTextAreaElement>('Description').value).toBe('Photos');
    answer = dataset();
    press('Create');
    expect(await made).toEqual(dataset());
    expect(last(fake)).toEqual({ name: 'flowers', description: 'Photos', provider: null });
  });

  it('makes nothing when it is cancelled', async () => {
    const fake = fakeApp({ 'GET /providers': () => PROVIDERS });
    const made = newDataset(fake.app);
    await screen.findByRole('dialog');
    press('Cancel');
    expect(await made).toBeNull();
    expect(fake.server.count('POST', '/datasets')).toBe(0);
  });
});

describe('New Version', () => {
  const committed = version({ version: 'aaaaaa1', state: 'committed', message: 'First' });

  it('starts from the latest committed version, or from nothing', async () => {
    const made = version();
    const fake = fakeApp({
      [`GET /datasets/${ID}/versions`]: () => page(committed),
      [`POST /datasets/${ID}/versions`]: () => made
    });
    const first = newVersion(fake.app, ID);
    await screen.findByRole('option', { name: /^Latest: aaaaaa1/ });
    type('Message', 'More');
    press('Create');
    expect(await first).toEqual(made);
    expect(last(fake)).toEqual({ message: 'More', start_from: `${ID}:aaaaaa1` });
    const second = newVersion(fake.app, ID);
    await screen.findByRole('option', { name: /^Latest/ });
    type('Start from', '');
    press('Create');
    await second;
    expect(last(fake)).toEqual({ message: '', start_from: null });
  });

  it('offers to go on with an uncommitted version', async () => {
    const open = version({ message: 'Half done' });
    const fake = fakeApp({ [`GET /datasets/${ID}/versions`]: () => page(open, committed) });
    const found = newVersion(fake.app, ID);
    expect((await screen.findByRole('note')).textContent).toContain('Half done');
    press('Go on with it');
    expect(await found).toEqual(open);
    expect(fake.server.count('POST', `/datasets/${ID}/versions`)).toBe(0);
  });
});

describe('New Tag', () => {
  it('says where the tag points now, and moves it', async () => {
    const newer = version({ version: 'ccccc3c', state: 'committed' });
    const fake = fakeApp({
      [`GET /datasets/${ID}/tags`]: () => page({ name: 'production', version: 'aaaaaa1' }),
      [`GET /datasets/${ID}/versions`]: () => page(newer),
      [`PUT /datasets/${ID}/tags/production`]: () => ({ name: 'production' })
    });
    const done = newTag(fake.app, { dataset: ID, version: 'ccccc3c' });
    await screen.findByRole('option', { name: /^ccccc3c/ });
    type('Name', 'latest');
    expect(screen.getByText(/always means the newest/)).toBeTruthy();
    type('Name', 'production');
    expect(screen.getByText('“production” points to version aaaaaa1 now. It will be moved.'));
    press('Set Tag');
    expect(await done).toEqual({ name: 'production' });
    expect(last(fake)).toEqual({ version: 'ccccc3c' });
  });
});

describe('Rename', () => {
  it('needs another name, and shows why it was refused', async () => {
    const fake = fakeApp();
    let isTaken = true;
    const done = askName(fake.app, {
      title: 'Rename Dataset',
      accept: 'Rename',
      name: 'flowers',
      submit: async name => {
        if (isTaken) {
          throw Object.assign(new Error('It is taken.'));
        }
        return name;
      }
    });
    await screen.findByRole('dialog');
    const accept = await screen.findByRole<HTMLButtonElement>('button', { name: 'Rename' });
    expect(accept.disabled).toBe(true);
    type('Name', 'roses');
    press('Rename');
    expect((await screen.findByRole('alert')).textContent).toContain('It is taken.');
    isTaken = false;
    press('Rename');
    expect(await done).toBe('roses');
  });
});

describe('Move to the trash', () => {
  const routes = (answer: () => unknown): Routes => ({
    [`GET /datasets/${ID}/preview-delete`]: () => ({
      thing: ID,
      versions: 12,
      files: 3400,
      freed_bytes: 1_200_000_000
    }),
    [`DELETE /datasets/${ID}`]: answer,
    'POST /trash/restore': () => undefined
  });

  it('says what goes there, until when, and what is freed', async () => {
    const fake = fakeApp(routes(() => undefined));
    const done = moveToTrash(fake.app, { dataset: ID, name: 'flowers' });
    await screen.findByText('12 versions with 3,400 files go to the trash.');
    expect(screen.getByText(/^You can restore it until .*\d{4}/)).toBeTruthy();
    expect(screen.getByText('1.2 GB are freed after that.')).toBeTruthy();
    press('Move to Trash');
    expect(await done).toBe(true);
    expect(fake.server.count('DELETE', `/datasets/${ID}`)).toBe(1);
    const told = Notification.manager.notifications[0];
    expect(told.message).toBe('“flowers” is in the trash.');
    told.options.actions?.[0].callback(new MouseEvent('click')); // Undo
    await waitFor(() => expect(last(fake)).toEqual({ reference: ID }));
  });

  it('stays open on an error, and can be cancelled', async () => {
    const fake = fakeApp(routes(() => fail(500, 'internal', 'It broke.')));
    const done = moveToTrash(fake.app, { dataset: ID, name: 'flowers' });
    await screen.findByText(/3,400/);
    press('Move to Trash');
    await screen.findByText('It broke.');
    press('Cancel');
    expect(await done).toBe(false);
  });

  it('does not ask where the user does not want it', async () => {
    const fake = fakeApp(routes(() => undefined));
    await fake.app.settings.set('confirmTrash', false);
    expect(await moveToTrash(fake.app, { dataset: ID, name: 'flowers' })).toBe(true);
    expect(fake.server.asked.map(({ method }) => method)).toEqual(['DELETE']);
  });

  it('asks for another name where the old one is taken by now', async () => {
    const fake = fakeApp({
      'POST /trash/restore': ({ body }) =>
        (body as { name?: string }).name ? undefined : fail(409, 'name_taken', 'Taken.')
    });
    const done = restore(fake.app, { reference: ID, name: 'flowers' });
    await screen.findByText('Another dataset is named “flowers” by now.');
    type('Name', 'flowers 2');
    press('Restore');
    expect(await done).toBe(true);
    expect(last(fake)).toEqual({ reference: ID, name: 'flowers 2' });
  });
});

describe('Remove Storage Provider', () => {
  it('shows why the server refuses', async () => {
    const fake = fakeApp({
      'GET /providers': () => page({ id: 'sp2', name: 'bucket', s3: { bucket: 'data' } }),
      'DELETE /providers/sp2': () =>
        fail(409, 'provider_in_use', 'Storage provider bucket still holds 2 datasets.')
    });
    const done = removeProvider(fake.app, 'sp2');
    await screen.findByText(/The bucket “data”/);
    press('Remove');
    await screen.findByText('Storage provider bucket still holds 2 datasets.');
    press('Cancel');
    expect(await done).toBe(false);
  });
});

describe('Add Storage Provider', () => {
  const fill = async (): Promise<void> => {
    await screen.findByLabelText('Kind');
    type('Kind', 's3-compatible');
    type('Bucket', 'data');
    type('Endpoint', 'http://localhost:9000');
    type('Access key', 'AKID');
    type('Secret key', 'wrong');
  };

  it('checks without saving, marks the field that is wrong, and keeps all that was typed', async () => {
    const summary = 'Bucket data refused to list: the secret does not belong to the access key.';
    const fake = fakeApp({
      'POST /try-provider': () => ({ ok: false, summary, hint: 'Check it.', steps: [] }),
      'POST /providers': () => ({ id: 'sp3', name: 'data' }) as Provider
    });
    const done = addProvider(fake.app);
    await fill();
    press('Check');
    await screen.findByText(summary);
    const secret = screen.getByLabelText<HTMLInputElement>('Secret key');
    expect(secret.getAttribute('aria-invalid')).toBe('true');
    expect([secret.value, secret.type]).toEqual(['wrong', 'password']);
    type('Secret key', 'right');
    expect(secret.getAttribute('aria-invalid')).toBeNull();
    type('Quota in GB', '1.5');
    press('Check and Add');
    expect(await done).toEqual({ id: 'sp3', name: 'data' });
    const s3 = { bucket: 'data', access_key: 'AKID', endpoint: 'http://localhost:9000' };
    expect(last(fake)).toEqual({
      name: 'data',
      kind: 's3-compatible',
      s3: { ...s3, region: null },
      secret: 'right',
      quota_bytes: 1_500_000_000
    });
  });

  it('stops a check, and the request when it is cancelled', async () => {
    const fake = fakeApp({ 'POST /try-provider': never, 'POST /providers': never });
    const done = addProvider(fake.app);
    await fill();
    press('Check');
    fireEvent.click(await screen.findByRole('button', { name: 'Stop' }));
    const check = await screen.findByRole('button', { name: 'Check' });
    await waitFor(() => expect(fake.server.asked[0].signal.aborted).toBe(true));
    expect(check).toBeTruthy();
    press('Check and Add');
    await screen.findByText('Checking the bucket…');
    await waitFor(() => expect(fake.server.asked).toHaveLength(2));
    press('Cancel');
    expect(await done).toBeNull();
    await waitFor(() => expect(fake.server.asked[1].signal.aborted).toBe(true));
  });
});

describe('Pickers', () => {
  const flowers = dataset();
  const birds = dataset({ id: 'ds0000000000002', name: 'birds', latest: null });
  const routes: Routes = {
    'GET /datasets': () => page(flowers, birds),
    [`GET /datasets/${birds.id}`]: () => birds,
    [`GET /datasets/${birds.id}/versions`]: () => page(),
    [`POST /datasets/${birds.id}/versions`]: () =>
      version({ dataset: birds.id, version: 'new1234' }),
    [`GET /datasets/${ID}`]: () => flowers,
    [`GET /datasets/${ID}/versions`]: () => page(version()),
    'POST /datasets': () => birds
  };

  it('choose the first that is found', async () => {
    const done = pickDataset(fakeApp(routes).app, 'Which?');
    await screen.findByRole('option', { name: 'birds' });
    type('Search datasets', 'flow');
    expect(screen.queryByRole('option', { name: 'birds' })).toBeNull();
    press('Select');
    expect(await done).toBe(ID);
  });

  it('choose what is found only when the list is brought up to date', async () => {
    let known = [birds];
    const list = { 'GET /datasets': () => page(...known) };
    const done = askTarget(fakeApp({ ...routes, ...list }).app, '2 items');
    const picker = await screen.findByRole<HTMLSelectElement>('listbox', { name: 'Dataset' });
    type('Search datasets', 'flow');
    await waitFor(() => expect(picker.value).toBe('new'));
    known = [birds, flowers];
    await act(async () => refresh(null));
    expect(picker.value).toBe(ID);
    fireEvent.change(picker, { target: { value: 'new' } });
    await act(async () => refresh(null));
    expect(picker.value).toBe('new'); // what was chosen by hand stays
    press('Cancel');
    expect(await done).toBeNull();
  });

  it('put files into the newest uncommitted version, below a folder', async () => {
    const fake = fakeApp(routes);
    const done = askTarget(fake.app, '2 items');
    const list = await screen.findByRole('listbox', { name: 'Dataset' });
    fireEvent.change(list, { target: { value: ID } });
    await within(await screen.findByLabelText('Version')).findByText(/^bbbbbb2/);
    type('Folder in the dataset', '/images/train/');
    press('Add');
    expect(await done).toEqual({
      dataset: ID,
      version: 'bbbbbb2',
      name: 'flowers',
      folder: 'images/train/'
    });
  });

  it('make a dataset once, also when what follows fails at first', async () => {
    let works = false;
    const post = `POST /datasets/${birds.id}/versions`;
    const fake = fakeApp({
      ...routes,
      [post]: asked => (works ? routes[post](asked) : fail(500, 'internal', 'It broke.'))
    });
    const done = askTarget(fake.app, '2 items');
    const list = await screen.findByRole('listbox', { name: 'Dataset' });
    fireEvent.change(list, { target: { value: 'new' } });
    type('Name of the new dataset', 'birds');
    press('Add');
    await screen.findByText('It broke.');
    works = true;
    press('Add');
    expect((await done)?.version).toBe('new1234');
    expect(fake.server.count('POST', '/datasets')).toBe(1);
  });
});
