import { DocumentRegistry } from '@jupyterlab/docregistry';
import { decode, encode } from '@msgpack/msgpack';
import { act, configure, fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React, { useState } from 'react';
import type { FileInfo } from '../../../api/types';
import { CommandIDs, type IPageState } from '../../../tokens';
import {
  DATASET,
  dataset,
  fake,
  giveLayout,
  page,
  refusal,
  version,
  type IAsked,
  type IFake
} from '../../__tests__/fakes';
import { FilesTab } from '../filesTab';

const BASE = `/api/datasets/${DATASET}/versions`;
const WORK = `${BASE}/vvvvv03`;
const HASH = '0a'.repeat(32);

const latest = version(2, { tags: ['production'] });
const work = version(3, { state: 'uncommitted', committed: null, files: null, message: 'Draft' });

function file(path: string, size = 10): FileInfo {
  return { path, size, hash: HASH, executable: false, is_folder: false };
}

function folder(path: string): FileInfo {
  return { path, size: 0, hash: '', executable: false, is_folder: true };
}

const task = { id: 't1', state: 'succeeded', result: 2 };

/** The files of the uncommitted version, which requests change. */
class Files {
  rows = [folder('images/'), file('b.csv', 300), file('a10.txt'), file('a9.txt')];

  readonly answers = {
    [`GET ${BASE}`]: page([work, latest]),
    [`GET ${WORK}/files`]: ({ path }: IAsked) =>
      path.includes('path=images')
        ? page([file('images/rose.png'), file('images/tulip.png')])
        : page(this.rows),
    [`GET ${BASE}/vvvvv02/files`]: page([file('old.txt')]),
    [`POST ${WORK}/delete-files`]: ({ body }: IAsked) => {
      const { paths } = body as { paths: string[] };
      this.rows = this.rows.filter(row => !paths.includes(row.path));
      return task;
    },
    [`GET ${WORK}/entries`]: () =>
      new Response(
        encode([[new TextEncoder().encode('images/rose.png'), 5, new Uint8Array(32), false]])
      ),
    [`POST ${WORK}/stage`]: () => {
      this.rows = new Files().rows;
      return [];
    },
    [`POST ${WORK}/move-files`]: ({ body }: IAsked) => {
      const { source, target } = body as { source: string; target: string };
      this.rows = this.rows.map(row => (row.path === source ? { ...row, path: target } : row));
      return task;
    }
  };
}

function show(
  change: Record<string, unknown> = {},
  initial: Partial<IPageState> = {}
): IFake & { user: ReturnType<typeof userEvent.setup> } {
  const network = fake({ ...new Files().answers, ...change });
  Object.assign(network.app, { docRegistry: new DocumentRegistry() });
  network.app.commands.addCommand(CommandIDs.newVersion, { execute: () => null });
  function Tab(): JSX.Element {
    const [state, setState] = useState<IPageState>({ dataset: DATASET, ...initial });
    return (
      <FilesTab
        dataset={dataset()}
        state={state}
        onState={next => setState(now => ({ ...now, ...next }))}
      />
    );
  }
  render(<Tab />, { wrapper: network.Wrapper });
  return { ...network, user: userEvent.setup() };
}

/** Names in the table, without their sizes. */
function names(): string[] {
  const rows = within(screen.getByRole('grid', { name: 'Files' }))
    .getAllByRole('row')
    .slice(1);
  return rows.map(row => within(row).getAllByRole('gridcell')[0].textContent ?? '');
}

function posts({ asked }: IFake, what: string): unknown[] {
  return asked.filter(({ path }) => path.startsWith(`${WORK}/${what}`)).map(({ body }) => body);
}

const START = ['images', 'a9.txt', 'a10.txt', 'b.csv'];

async function loaded(): Promise<HTMLElement> {
  await screen.findByRole('row', { name: /b\.csv/ });
  return screen.getByRole('grid', { name: 'Files' });
}

configure({ asyncUtilTimeout: 10_000 });
jest.setTimeout(60_000);

beforeAll(giveLayout);

describe('FilesTab', () => {
  it('shows the uncommitted version that goes on, in order, and others that are chosen', async () => {
    show();
    await loaded();
    expect(names()).toEqual(START);
    const picker = screen.getByRole('combobox', { name: 'Version' });
    expect(picker).toHaveProperty('value', 'vvvvv03');
    picker.focus();
    fireEvent.change(picker, { target: { value: 'production' } });
    await screen.findByRole('row', { name: /old\.txt/ });
    expect(screen.queryByRole('button', { name: 'Rename' })).toBeNull();
    expect(document.activeElement).toBe(picker);
  });

  it('sorts by size when its header is pressed, and again the other way', async () => {
    const { user } = show();
    await loaded();
    await user.click(screen.getByRole('button', { name: 'Size' }));
    await waitFor(() => expect(names()[1]).toBe('b.csv'));
    const header = screen.getByRole('columnheader', { name: 'Size' });
    expect(header.getAttribute('aria-sort')).toBe('descending');
    await user.click(screen.getByRole('button', { name: 'Size' }));
    await waitFor(() => expect(names()[3]).toBe('b.csv'));
    expect(header.getAttribute('aria-sort')).toBe('ascending');
  });

  it('goes into a folder by Enter and up by Backspace, to the folder it came from', async () => {
    const { user } = show();
    const grid = await loaded();
    act(() => grid.focus());
    await user.keyboard('{Home}{Enter}');
    await screen.findByRole('row', { name: /rose\.png/ });
    const way = within(screen.getByRole('navigation', { name: 'Folder' }));
    expect(way.getByRole('button', { name: 'images' }).getAttribute('aria-current')).toBe('page');
    expect(document.activeElement).toBe(grid);
    await user.keyboard('{Backspace}');
    await loaded();
    expect(screen.getByRole('row', { selected: true }).textContent).toBe('images');
    await user.keyboard('{Enter}');
    await screen.findByRole('row', { name: /rose\.png/ });
    await user.click(way.getByRole('button', { name: 'flowers' }));
    await loaded();
  });

  it('deletes what is selected, goes to the neighbour, and puts it back', async () => {
    const files = new Files();
    const network = show(files.answers);
    const grid = await loaded();
    act(() => grid.focus());
    await network.user.keyboard('{Home}{Shift>}{ArrowDown}{/Shift}{Delete}');
    const undo = await screen.findByRole('button', { name: 'Undo' });
    expect(names()).toEqual(['a10.txt', 'b.csv']);
    expect(posts(network, 'delete-files')).toEqual([{ paths: ['images/', 'a9.txt'] }]);
    expect(document.activeElement).toBe(grid);
    const active = document.getElementById(grid.getAttribute('aria-activedescendant') ?? '');
    expect(active?.textContent).toContain('a10.txt');

    await network.user.click(undo);
    await waitFor(() => expect(names()).toEqual(START));
    const [staged] = posts(network, 'stage');
    const { entries, is_new } = decode(staged as Uint8Array) as {
      entries: [Uint8Array, number, Uint8Array, boolean][];
      is_new: boolean;
    };
    expect(is_new).toBe(false);
    expect(entries.map(([path]) => new TextDecoder().decode(path))).toEqual([
      'a9.txt',
      'images/rose.png'
    ]);
    expect(entries[0].slice(1)).toEqual([10, new Uint8Array(32).fill(10), false]);
    expect(document.activeElement).toBe(grid);
  });

  it('shows rows again that could not be deleted, and why', async () => {
    const { user } = show({
      [`POST ${WORK}/delete-files`]: () => refusal(409, 'version_committing', 'It is committing.')
    });
    const grid = await loaded();
    act(() => grid.focus());
    await user.keyboard('{End}{Delete}');
    expect(await screen.findByText('It is committing.')).toBeTruthy();
    await waitFor(() => expect(names()).toEqual(START));
    expect(screen.queryByRole('button', { name: 'Undo' })).toBeNull();
  });

  it('asks before it deletes more than can be put back', async () => {
    const many = Array.from({ length: 10_001 }, (_, i) => [
      new TextEncoder().encode(`images/${i}`),
      1,
      new Uint8Array(32),
      false
    ]);
    const network = show({ [`GET ${WORK}/entries`]: () => new Response(encode(many)) });
    const grid = await loaded();
    act(() => grid.focus());
    await network.user.keyboard('{Home} {Delete}');
    expect(await screen.findByText('Delete more than 10,000 files?')).toBeTruthy();
    fireEvent.click(screen.getByText('Cancel'));
    await waitFor(() => expect(names()).toEqual(START));
    expect(posts(network, 'delete-files')).toEqual([]);
  });

  it('renames by F2, selects the new name, and undoes it by Ctrl+Z', async () => {
    const files = new Files();
    const network = show(files.answers);
    const grid = await loaded();
    act(() => grid.focus());
    await network.user.keyboard('b{F2}');
    const field = screen.getByRole('textbox', { name: 'New name of b.csv' });
    expect(document.activeElement).toBe(field);
    await network.user.clear(field);
    await network.user.keyboard('train.csv{Enter}');
    await screen.findByRole('row', { name: /train\.csv/, selected: true });
    expect(posts(network, 'move-files')).toEqual([{ source: 'b.csv', target: 'train.csv' }]);
    expect(document.activeElement).toBe(grid);
    await network.user.keyboard('{Control>}z{/Control}');
    await waitFor(() => expect(names()).toEqual(START));
    expect(posts(network, 'move-files')[1]).toEqual({ source: 'train.csv', target: 'b.csv' });
  });

  it('keeps a name that is refused, with the reason beside it', async () => {
    const { user } = show({
      [`POST ${WORK}/move-files`]: () => refusal(409, 'exists', 'a9.txt exists already.')
    });
    const grid = await loaded();
    act(() => grid.focus());
    await user.keyboard('{End}{F2}');
    const field = screen.getByRole('textbox', { name: 'New name of b.csv' });
    await user.clear(field);
    await user.keyboard('x/y{Enter}');
    expect(screen.getByRole('alert').textContent).toBe('A name cannot have a slash.');
    await user.clear(field);
    await user.keyboard('a9.txt{Enter}');
    expect(await screen.findByText('a9.txt exists already.')).toBeTruthy();
    expect(field).toHaveProperty('value', 'a9.txt');
    expect(document.activeElement).toBe(field);
    await user.keyboard('{Escape}');
    expect(names()).toEqual(START);
    expect(document.activeElement).toBe(grid);
  });

  it('searches on the server, and says when nothing is found', async () => {
    const { user } = show({
      [`GET ${WORK}/files`]: ({ path }: IAsked) =>
        path.includes('search=rose')
          ? page([file('images/rose.png')])
          : page(path.includes('search=') ? [] : new Files().rows)
    });
    await loaded();
    const field = screen.getByRole('textbox', { name: 'Search in this folder' });
    await user.type(field, 'rose');
    await screen.findByRole('row', { name: /images\/rose\.png/ });
    await user.type(field, 'x');
    // "rosex" has the letters of "rose": the server's answer counts, not the rows that were there.
    await user.clear(field);
    await user.type(field, 'none');
    expect(await screen.findByText('No file here matches “none”.')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Show the whole folder' }));
    await loaded();
  });

  it('sees what others change, and keeps the selection', async () => {
    const files = new Files();
    const network = show(files.answers);
    const grid = await loaded();
    act(() => grid.focus());
    await network.user.keyboard('{End}');
    files.rows = [...files.rows, file('new.txt')];
    const subject = `${DATASET}:vvvvv03`;
    act(() => network.notify({ thing: 'version', action: 'changed', subject }));
    await screen.findByRole('row', { name: /new\.txt/ });
    expect(screen.getByRole('row', { selected: true }).textContent).toContain('b.csv');
    expect(document.activeElement).toBe(grid);
  });

  it('offers a first version where there is none', async () => {
    const { user, commands } = show({ [`GET ${BASE}`]: page([]) });
    await user.click(await screen.findByRole('button', { name: 'Start with an empty version' }));
    expect(commands).toEqual([{ id: CommandIDs.newVersion, args: { dataset: DATASET } }]);
  });

  it('says that a version is gone, and leads to what is newest', async () => {
    const { user } = show({}, { version: 'gone' });
    expect(await screen.findByText('There is no version or tag “gone” any more.')).toBeTruthy();
    await user.click(screen.getByRole('button', { name: 'Show what is newest' }));
    await loaded();
  });
});
