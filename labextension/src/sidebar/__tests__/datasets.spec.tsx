import { act, fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { dataset, fakeApp, page, type IFakeApp } from '../../__tests__/fakeApp';
import type { Dataset } from '../../api/types';
import { AppProvider } from '../../context';
import { refresh } from '../../data/live';
import { CommandIDs } from '../../tokens';
import { DatasetsSection } from '../datasets';

// jsdom has no layout: a list of 600 pixels with rows of 44.
beforeAll(() => {
  jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(44);
  HTMLElement.prototype.scrollTo = () => undefined;
});

let held: Dataset[];
let fake: IFakeApp;
let done: { id: string; args: unknown }[];

function show(datasets: Dataset[]): void {
  held = datasets;
  done = [];
  fake = fakeApp({ 'GET /datasets': () => page(...held) });
  for (const id of [CommandIDs.open, CommandIDs.deleteDataset, CommandIDs.newDataset]) {
    fake.app.commands.addCommand(id, { execute: args => done.push({ id, args }) });
  }
  render(
    <AppProvider app={fake.app}>
      <DatasetsSection />
    </AppProvider>
  );
}

const named = (...names: string[]): Dataset[] =>
  names.map(name => dataset({ id: `ds-${name}`, name }));

const focused = (): string | null =>
  document.activeElement?.getAttribute('aria-labelledby')
    ? (document.getElementById(document.activeElement.getAttribute('aria-labelledby') ?? '')
        ?.textContent ?? null)
    : null;

const focusOn = async (name: string): Promise<void> => {
  const row = await screen.findByRole('button', { name });
  act(() => row.focus());
};

const key = (name: string): void => {
  fireEvent.keyDown(document.activeElement ?? document.body, { key: name });
};

describe('DatasetsSection', () => {
  it('teaches the first step when there is no dataset', async () => {
    show([]);
    fireEvent.click(await screen.findByRole('button', { name: 'New dataset' }));
    expect(done.map(({ id }) => id)).toEqual([CommandIDs.newDataset]);
  });

  it('draws only what is seen of many datasets', async () => {
    show(named(...Array.from({ length: 1000 }, (_, at) => `data ${at}`)));
    await screen.findByRole('button', { name: 'data 0' });
    const rows = screen.getAllByRole('listitem');
    expect(rows.length).toBeGreaterThan(10);
    expect(rows.length).toBeLessThan(60);
    expect(rows[0].getAttribute('aria-setsize')).toBe('1000');
  });

  it('shows tags, size and uncommitted versions of a dataset', async () => {
    show([dataset({ tags: ['production'], bytes: 9000, uncommitted: 2 })]);
    const row = await screen.findByRole('button', { name: 'flowers' });
    expect(row.textContent).toContain('production');
    expect(row.textContent).toContain('9.0 KB');
    expect(row.textContent).toContain('2 uncommitted versions');
  });

  it('is gone through by keys: arrows, Home, End, letters; Enter and Delete do something', async () => {
    show(named('apples', 'bananas', 'blueberries'));
    await focusOn('apples');
    key('ArrowDown');
    expect(focused()).toBe('bananas');
    key('End');
    expect(focused()).toBe('blueberries');
    key('Home');
    expect(focused()).toBe('apples');
    key('b');
    expect(focused()).toBe('bananas');
    key('l');
    expect(focused()).toBe('blueberries');
    fireEvent.click(screen.getByRole('button', { name: 'blueberries' }));
    key('Delete');
    expect(done).toEqual([
      { id: CommandIDs.open, args: { dataset: 'ds-blueberries' } },
      { id: CommandIDs.deleteDataset, args: { dataset: 'ds-blueberries' } }
    ]);
  });

  it('gives the focus to the neighbour of a row that is gone', async () => {
    show(named('apples', 'bananas', 'cherries'));
    await focusOn('bananas');
    held = named('apples', 'cherries');
    await act(async () => refresh(null));
    expect(screen.queryByRole('button', { name: 'bananas' })).toBeNull();
    expect(focused()).toBe('cherries');
    held = [];
    await act(async () => refresh(null));
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'New dataset' }));
  });

  it('leaves what does not match out, and says how many do', async () => {
    show(named('apples', 'bananas'));
    const search = await screen.findByRole('searchbox', { name: 'Search datasets' });
    fireEvent.change(search, { target: { value: 'nan' } });
    expect(screen.queryByRole('button', { name: 'apples' })).toBeNull();
    expect(screen.getByRole('status').textContent).toBe('1 dataset found');
    fireEvent.change(search, { target: { value: 'zzz' } });
    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(screen.getByRole('button', { name: 'apples' })).toBeTruthy();
  });

  it('remembers the order', async () => {
    show([
      dataset({ id: 'ds-a', name: 'a', bytes: 1 }),
      dataset({ id: 'ds-b', name: 'b', bytes: 2 })
    ]);
    const sort = await screen.findByRole('combobox', { name: 'Sort by' });
    fireEvent.change(sort, { target: { value: 'size' } });
    expect(fake.app.settings.get('sort')).toBe('size');
    expect(screen.getAllByRole('listitem')[0].textContent).toContain('b');
  });

  it('opens the context menu of a row by a key and by its button', async () => {
    show(named('apples'));
    const row = await screen.findByRole('button', { name: 'apples' });
    const opened: (string | undefined)[] = [];
    const watch = (event: Event): void => {
      const about = (event.target as Element).closest<HTMLElement>('[data-gd-row]');
      opened.push(about?.dataset.dataset);
    };
    document.addEventListener('contextmenu', watch);
    fireEvent.keyDown(row, { key: 'F10', shiftKey: true });
    fireEvent.click(screen.getByRole('button', { name: 'Actions for apples' }));
    document.removeEventListener('contextmenu', watch);
    expect(opened).toEqual(['ds-apples', 'ds-apples']);
  });
});
