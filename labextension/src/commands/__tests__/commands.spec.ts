import type { JupyterFrontEnd } from '@jupyterlab/application';
import { Clipboard, Notification } from '@jupyterlab/apputils';
import { configure, fireEvent, screen, waitFor } from '@testing-library/react';
import { dataset, fail, fakeApp, page, version, type IFakeApp } from '../../__tests__/fakeApp';
import { CommandIDs } from '../../tokens';
import { addChosen } from '../adding';
import { commands as plugin } from '../plugin';

// JupyterLab's dialogs are shown by its style sheets, which jsdom does not have; the first one is compiled when it
// is asked for.
configure({ defaultHidden: true, asyncUtilTimeout: 5000 });

const ID = 'ds0000000000001';
const OPEN = version();
const LATEST = version({ version: 'aaaaaa1', state: 'committed', parent: null });

interface IFake extends IFakeApp {
  palette: string[];
  opened: unknown[];
  run: (id: string, args?: object) => Promise<unknown>;
}

function start(routes: Record<string, (asked: { body: unknown }) => unknown> = {}): IFake {
  const fake = fakeApp({
    'GET /datasets': () => page(dataset()),
    [`GET /datasets/${ID}`]: () => dataset(),
    [`GET /datasets/${ID}/versions`]: () => page(OPEN, LATEST),
    [`GET /datasets/${ID}/versions/${OPEN.version}`]: () => OPEN,
    [`GET /datasets/${ID}/versions/latest`]: () => LATEST,
    ...routes
  });
  const { app } = fake;
  const opened: unknown[] = [];
  const palette: string[] = [];
  app.commands.addCommand(CommandIDs.open, { execute: args => void opened.push(args) });
  // Of the context menu: the row it was opened on.
  const row = document.createElement('li');
  Object.assign(row.dataset, { gdRow: '', dataset: ID, latest: '' });
  const frontEnd = {
    commands: app.commands,
    contextMenuHitTest: (test: (node: HTMLElement) => boolean) => (test(row) ? row : undefined)
  };
  void plugin.activate(frontEnd as unknown as JupyterFrontEnd, app, {
    addItem: ({ command }: { command: string }) => palette.push(command)
  });
  return {
    ...fake,
    palette,
    opened,
    run: (id, args = {}) => app.commands.execute(id, { ...args })
  };
}

const messages = (): string[] => Notification.manager.notifications.map(({ message }) => message);

afterEach(() => {
  Notification.dismiss();
});

describe('Commands', () => {
  it('are in the palette where they are of use without arguments, with captions and arguments', async () => {
    const { app, palette } = start();
    expect(palette).toContain(CommandIDs.newDataset);
    expect(palette).toContain(CommandIDs.commit);
    expect(palette).not.toContain(CommandIDs.removeProvider);
    for (const id of palette) {
      expect(app.commands.label(id)).not.toBe('');
      expect(app.commands.caption(id)).not.toBe('');
      expect((await app.commands.describedBy(id)).args).not.toBeNull();
    }
  });

  it('open the Files tab on a new version, and resolve to it', async () => {
    const made = version({ version: 'nnnnnn1' });
    const { run, opened } = start({ [`POST /datasets/${ID}/versions`]: () => made });
    const done = run(CommandIDs.newVersion, { dataset: ID, from: 'latest' });
    fireEvent.click(await screen.findByRole('button', { name: 'Create' }));
    expect(await done).toEqual(made);
    expect(opened).toEqual([{ dataset: ID, tab: 'files', version: 'nnnnnn1' }]);
  });

  it('ask for the dataset where none is given, and end when the user cancels', async () => {
    const { run, opened } = start();
    const first = run(CommandIDs.compare);
    await screen.findByRole('option', { name: 'flowers' });
    fireEvent.change(screen.getByLabelText('Search datasets'), { target: { value: 'f' } });
    fireEvent.click(screen.getByRole('button', { name: 'Select' }));
    await first;
    expect(opened).toEqual([{ dataset: ID, tab: 'compare' }]);
    const second = run(CommandIDs.newVersion);
    fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await second).toBeNull();
  });

  it('take the dataset of the row whose context menu is open', async () => {
    const copied = jest.spyOn(Clipboard, 'copyToSystem').mockReturnValue(undefined);
    const { app, run } = start();
    const label = app.commands.label(CommandIDs.copyReference, { inContext: true });
    expect(label).toBe('Copy Reference');
    expect(await run(CommandIDs.copyReference, { inContext: true })).toBe('flowers:aaaaaa1');
    expect(copied).toHaveBeenCalledWith('flowers:aaaaaa1');
    expect(messages()).toEqual(['Copied flowers:aaaaaa1']);
    // The row says that nothing is committed.
    expect(app.commands.isEnabled(CommandIDs.download, { inContext: true })).toBe(false);
    expect(app.commands.isEnabled(CommandIDs.download, { dataset: ID })).toBe(true);
  });

  it('commit the only uncommitted version without asking which', async () => {
    const { run } = start({
      [`GET /datasets/${ID}/versions/${OPEN.version}/changes`]: () => ({ added: 0 }),
      [`GET /datasets/${ID}/tags`]: () => page()
    });
    const done = run(CommandIDs.commit, { dataset: ID });
    await screen.findByText('Commit Version bbbbbb2');
    fireEvent.click(await screen.findByRole('button', { name: 'Cancel' }));
    expect(await done).toBeNull();
  });

  it('tell what went wrong, and resolve to null', async () => {
    const { run } = start({
      [`GET /datasets/${ID}`]: () => fail(404, 'dataset_not_found', 'It is gone.', 'Look.')
    });
    expect(await run(CommandIDs.renameDataset, { dataset: ID })).toBeNull();
    expect(messages()).toEqual(['It is gone. Look.']);
  });

  it('tell how the check of a storage provider went, and let it be cancelled', async () => {
    let asked: AbortSignal | null = null;
    const { run, server } = start({ 'POST /providers/sp1/check': () => new Promise(() => null) });
    void run(CommandIDs.checkProvider, { provider: 'sp1' });
    await waitFor(() => expect(server.count('POST', '/providers/sp1/check')).toBe(1));
    asked = server.asked[0].signal;
    const [cancel] = Notification.manager.notifications[0].options.actions ?? [];
    cancel.callback(new MouseEvent('click'));
    await waitFor(() => expect(asked?.aborted).toBe(true));
  });
});

describe('addChosen', () => {
  const chosen = { names: ['photos'], sources: [] };

  it('adds to the newest uncommitted version, and says which', async () => {
    const { app } = start();
    const added: unknown[] = [];
    Object.assign(app.uploads, { add: (...args: unknown[]) => added.push(args.slice(0, 3)) });
    await addChosen(app, ID, chosen);
    expect(added).toEqual([
      [expect.objectContaining({ version: 'bbbbbb2' }), '', expect.stringContaining('photos')]
    ]);
    expect(messages()).toEqual(['The files go to the uncommitted version bbbbbb2 of “flowers”.']);
  });

  it('makes a version from the latest where there is none', async () => {
    const { app, server } = start({
      [`GET /datasets/${ID}/versions`]: () => page(LATEST),
      [`POST /datasets/${ID}/versions`]: () => version({ version: 'nnnnnn1' })
    });
    Object.assign(app.uploads, { add: () => null });
    await addChosen(app, ID, chosen);
    expect(server.asked[server.asked.length - 1].body).toEqual({
      message: '',
      start_from: `${ID}:aaaaaa1`
    });
    expect(messages()).toEqual(['The files go to a new version of “flowers”: nnnnnn1.']);
  });
});
