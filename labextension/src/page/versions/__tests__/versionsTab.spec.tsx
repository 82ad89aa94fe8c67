import { Notification } from '@jupyterlab/apputils';
import { render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { CommandIDs } from '../../../tokens';
import {
  DATASET,
  dataset,
  fake,
  giveLayout,
  page,
  refusal,
  version,
  type IFake
} from '../../__tests__/fakes';
import { VersionsTab } from '../versionsTab';

const BASE = `/api/datasets/${DATASET}`;
const first = version(1, { tags: ['baseline'] });
const latest = version(2, { tags: ['production'], parent: `${DATASET}:vvvvv01` });
const work = version(3, {
  state: 'uncommitted',
  committed: null,
  files: null,
  bytes: null,
  root: null,
  parent: `${DATASET}:vvvvv02`
});
const changes = { added: 12, removed: 3, changed: 4, bytes_added: 3_100_000, bytes_removed: 0 };

function show(answers: Record<string, unknown> = {}): IFake & { onState: jest.Mock } {
  const network = fake({
    [`GET ${BASE}/versions`]: page([work, latest, first]),
    [`GET ${BASE}/versions/vvvvv02/changes`]: changes,
    ...answers
  });
  const onState = jest.fn();
  render(<VersionsTab dataset={dataset()} state={{ dataset: DATASET }} onState={onState} />, {
    wrapper: network.Wrapper
  });
  return { ...network, onState };
}

beforeAll(giveLayout);

afterEach(() => Notification.dismiss());

describe('VersionsTab', () => {
  it('lists uncommitted versions first, with state, tags and what changed', async () => {
    show();
    const list = await screen.findByRole('list', { name: 'Versions of flowers' });
    const names = within(list)
      .getAllByRole('article')
      .map(row => row.getAttribute('aria-label'));
    expect(names).toEqual(['Version vvvvv03', 'Version vvvvv02', 'Version vvvvv01']);

    const row = within(screen.getByRole('article', { name: 'Version vvvvv02' }));
    expect(row.getByText('Latest')).toBeTruthy();
    expect(row.getByText('Message 2')).toBeTruthy();
    expect(row.getByRole('list', { name: 'Tags of vvvvv02' }).textContent).toBe('production');
    expect(await row.findByText('+12 −3 ~4 files, +3.1 MB')).toBeTruthy();

    const top = within(screen.getByRole('article', { name: 'Version vvvvv03' }));
    expect(top.getByText('Uncommitted')).toBeTruthy();
    expect(top.queryByText('Latest')).toBeNull();
  });

  it('asks for changes only of rows on screen', async () => {
    const many = Array.from({ length: 500 }, (_, at) => version(at + 100));
    const { asked } = show({ [`GET ${BASE}/versions`]: page(many) });
    await screen.findByText('500 versions');
    await waitFor(() =>
      expect(asked.filter(({ path }) => path.endsWith('/changes')).length).toBeGreaterThan(3)
    );
    expect(screen.getAllByRole('article').length).toBeLessThan(20);
    expect(asked.filter(({ path }) => path.endsWith('/changes')).length).toBeLessThan(20);
  });

  it('filters', async () => {
    const many = Array.from({ length: 20 }, (_, at) => version(at));
    show({ [`GET ${BASE}/versions`]: page(many) });
    await userEvent.type(await screen.findByLabelText('Filter versions'), 'message 17');
    expect(await screen.findByText('1 of 20 versions')).toBeTruthy();
    expect(screen.getAllByRole('article')).toHaveLength(1);
  });

  it('leads to files, the comparison with the parent, and the commit', async () => {
    const { onState, app, commands } = show();
    app.commands.addCommand(CommandIDs.commit, { execute: () => true });
    await userEvent.click(await screen.findByRole('button', { name: 'Files of vvvvv02' }));
    expect(onState).toHaveBeenLastCalledWith({ tab: 'files', version: 'vvvvv02', path: '' });
    await userEvent.click(screen.getByRole('button', { name: 'Compare vvvvv02' }));
    expect(onState).toHaveBeenLastCalledWith({
      tab: 'compare',
      version: 'vvvvv02',
      old: 'vvvvv01'
    });
    await userEvent.click(screen.getByRole('button', { name: 'Commit vvvvv03' }));
    expect(commands).toEqual([
      { id: CommandIDs.commit, args: { dataset: DATASET, version: 'vvvvv03' } }
    ]);
  });

  it('has a menu, which tells where tags come from and moves them', async () => {
    const { asked } = show({ [`PUT ${BASE}/tags/baseline`]: {} });
    await userEvent.click(await screen.findByRole('button', { name: 'More actions for vvvvv02' }));
    const labels = [...document.querySelectorAll('.lm-Menu-itemLabel')].map(
      item => item.textContent
    );
    expect(labels.filter(Boolean)).toEqual([
      'Files',
      'Compare with vvvvv01, its parent',
      'Compare with…',
      'Use It',
      'Mount',
      'Mount Writable…',
      'Download as ZIP',
      'Edit Message…',
      'New Version from It…',
      'Add Tag…',
      'Move Tag Here',
      'Move to Trash…'
    ]);
    expect(asked.some(({ method }) => method === 'PUT')).toBe(false);
  });

  it('removes a tag by its button, and puts it back by Undo', async () => {
    const answers: Record<string, unknown> = {
      [`DELETE ${BASE}/tags/production`]: '',
      [`PUT ${BASE}/tags/production`]: {}
    };
    const { asked } = show(answers);
    await userEvent.click(await screen.findByRole('button', { name: 'Remove tag production' }));
    await waitFor(() => expect(Notification.manager.count).toBe(1));
    const [notice] = Notification.manager.notifications;
    expect(notice.message).toBe('The tag production was removed from vvvvv02.');
    const row = screen.getByRole('article', { name: 'Version vvvvv02' });
    expect(row.contains(document.activeElement)).toBe(true);

    notice.options.actions?.[0].callback(new MouseEvent('click'));
    await waitFor(() =>
      expect(
        asked.filter(({ method }) => method !== 'GET').map(one => [one.method, one.body])
      ).toEqual([
        ['DELETE', undefined],
        ['PUT', { version: 'vvvvv02' }]
      ])
    );
  });

  it('says why a tag could not be removed, and keeps it', async () => {
    show({
      [`DELETE ${BASE}/tags/production`]: () => refusal(403, 'denied', 'You may only read.')
    });
    await userEvent.click(await screen.findByRole('button', { name: 'Remove tag production' }));
    await waitFor(() => expect(Notification.manager.count).toBe(1));
    const [notice] = Notification.manager.notifications;
    expect([notice.type, notice.message]).toEqual(['error', 'You may only read.']);
    expect(screen.getByRole('button', { name: 'Remove tag production' })).toBeTruthy();
  });

  it('teaches the first step when there is none', async () => {
    const { app, commands } = show({ [`GET ${BASE}/versions`]: page([]) });
    app.commands.addCommand(CommandIDs.newVersion, { execute: () => true });
    expect(await screen.findByText('No versions yet')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'New version' }));
    expect(commands).toEqual([{ id: CommandIDs.newVersion, args: { dataset: DATASET } }]);
  });
});
