import { fireEvent, render, screen, waitFor, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import type { Change } from '../../../api/types';
import {
  DATASET,
  dataset,
  fake,
  giveLayout,
  page,
  version,
  type IFake
} from '../../__tests__/fakes';
import { CompareTab } from '../compareTab';

const BASE = `/api/datasets/${DATASET}`;
const NEW = `${BASE}/versions/vvvvv02`;
const OLD = `${BASE}/versions/vvvvv01`;
const versions = [version(2, { parent: `${DATASET}:vvvvv01` }), version(1)];

function change(path: string, kind: Change['kind'], size = 10): Change {
  return {
    path,
    kind,
    old_size: kind === 'added' ? null : size,
    new_size: kind === 'removed' ? null : size,
    old_hash: kind === 'added' ? null : `old ${path}`,
    new_hash: kind === 'removed' ? null : `new ${path}`
  };
}

const changes = [
  change('a.csv', 'changed'),
  change('b.bin', 'changed'),
  change('big.txt', 'changed', 6_000_000),
  change('c.json', 'changed'),
  change('d.txt', 'added'),
  change('e.txt', 'removed')
];

function show(answers: Record<string, unknown> = {}): IFake & { onState: jest.Mock } {
  const network = fake({
    [`GET ${BASE}/versions`]: page(versions),
    [`GET ${NEW}/changes`]: {
      added: 1,
      removed: 1,
      changed: 4,
      bytes_added: 30,
      bytes_removed: 10
    },
    [`GET ${NEW}/diff`]: page(changes),
    [`GET ${OLD}/content/a.csv`]: 'id,n\n1,x\n2,y\n',
    [`GET ${NEW}/content/a.csv`]: 'id,n\n1,x\n2,z\n3,w\n',
    [`GET ${OLD}/content/c.json`]: '{"a": 1, "b": 2}',
    [`GET ${NEW}/content/c.json`]: '{\n"b":2,\n"a":1}',
    ...answers
  });
  const onState = jest.fn();
  render(<CompareTab dataset={dataset()} state={{ dataset: DATASET }} onState={onState} />, {
    wrapper: network.Wrapper
  });
  return { ...network, onState };
}

beforeAll(giveLayout);

async function select(path: string): Promise<HTMLElement> {
  fireEvent.click(await screen.findByRole('option', { name: new RegExp(`^${path}`) }));
  return screen.findByRole('region', { name: `Difference of ${path}` });
}

describe('CompareTab', () => {
  it('compares the latest with its parent, and swaps', async () => {
    const { asked, onState } = show();
    expect(
      await screen.findByText('1 file added, 1 file removed, 4 files changed, 20 B more')
    ).toBeTruthy();
    expect(asked.find(({ path }) => path.includes('/diff'))?.path).toBe(
      `${NEW}/diff?old=${encodeURIComponent(`${DATASET}:vvvvv01`)}&limit=1000`
    );
    await userEvent.click(screen.getByRole('button', { name: 'Swap old and new' }));
    expect(onState).toHaveBeenLastCalledWith({ old: 'vvvvv02', version: 'vvvvv01' });
  });

  it('says of each file in words how it differs, and filters by kind and path', async () => {
    show();
    const list = await screen.findByRole('listbox', { name: 'Files that differ' });
    expect(
      within(list)
        .getAllByRole('option')
        .map(row => row.getAttribute('aria-label'))
    ).toContain('d.txt, Added, 10 B');
    await userEvent.click(screen.getByRole('button', { name: 'Changed 4' }));
    expect(await screen.findByText('4 of 6 files')).toBeTruthy();
    await userEvent.type(screen.getByLabelText('Filter files'), '.CSV');
    expect(await screen.findByText('1 of 6 files')).toBeTruthy();
    await userEvent.click(screen.getByRole('button', { name: 'Show all' }));
    await waitFor(() => expect(within(list).getAllByRole('option')).toHaveLength(6));
  });

  it('loads further pages while a filter has not found enough', async () => {
    const answer = (one: { path: string }): object =>
      one.path.includes('after=2')
        ? page([change('z.txt', 'added')])
        : page([change('a.csv', 'changed')], '2');
    const { asked } = show({ [`GET ${NEW}/diff`]: answer });
    await userEvent.type(await screen.findByLabelText('Filter files'), 'z');
    expect(await screen.findByRole('option', { name: /^z.txt/ })).toBeTruthy();
    expect(asked.filter(({ path }) => path.includes('/diff'))).toHaveLength(2);
  });

  it('moves through files by keys', async () => {
    show();
    const list = await screen.findByRole('listbox', { name: 'Files that differ' });
    await screen.findByRole('option', { name: /^a.csv/ });
    list.focus();
    await userEvent.keyboard('{End}{ArrowUp}');
    const selected = within(list).getByRole('option', { selected: true });
    expect(selected.getAttribute('aria-label')).toBe('d.txt, Added, 10 B');
    expect(list.getAttribute('aria-activedescendant')).toBe(selected.id);
  });

  it('compares tables by rows and columns', async () => {
    show();
    const shown = within(await select('a.csv'));
    expect(await shown.findByText('Rows: 1 added, 0 removed, 1 changed, 1 equal.')).toBeTruthy();
    expect(shown.getByText('Rows belong together by the column id.')).toBeTruthy();
    const row = shown.getByRole('row', { name: /^2 changed/ });
    expect(within(row).getByText('y').tagName).toBe('DEL');
    expect(within(row).getByText('z').tagName).toBe('INS');
  });

  it('knows JSON that only looks different', async () => {
    show();
    const shown = within(await select('c.json'));
    expect(
      await shown.findByText('Only the formatting differs: the JSON says the same.')
    ).toBeTruthy();
  });

  it('does not fetch what is too large, and offers both to download', async () => {
    const { asked } = show();
    const shown = within(await select('big.txt'));
    expect(
      shown.getByText('It is larger than 5.0 MB: download both to compare them.')
    ).toBeTruthy();
    expect(shown.getByRole('button', { name: 'Download it from vvvvv01' })).toBeTruthy();
    expect(asked.some(({ path }) => path.includes('/content/'))).toBe(false);
  });

  it('shows sizes of what is no text, without fetching it', async () => {
    const { asked } = show();
    const shown = within(await select('b.bin'));
    expect(shown.getByText(/^It is neither text/)).toBeTruthy();
    expect(asked.some(({ path }) => path.includes('/content/'))).toBe(false);
  });

  it('says that there is nothing to compare with', async () => {
    show({ [`GET ${BASE}/versions`]: page([version(1)]) });
    expect(await screen.findByText('Nothing to compare with yet')).toBeTruthy();
  });

  it('says that nothing differs', async () => {
    show({ [`GET ${NEW}/diff`]: page([]) });
    expect(await screen.findByText('No file differs')).toBeTruthy();
  });
});
