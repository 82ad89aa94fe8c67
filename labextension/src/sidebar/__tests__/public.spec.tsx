import { fireEvent, render, screen } from '@testing-library/react';
import React from 'react';
import { fakeApp, page, progress, publicDataset, task, type Routes } from '../../__tests__/fakeApp';
import type { PublicDataset } from '../../api/types';
import { AppProvider } from '../../context';
import { CommandIDs } from '../../tokens';
import { arrange, PublicSection } from '../public';

beforeAll(() => {
  jest.spyOn(Element.prototype, 'clientHeight', 'get').mockReturnValue(600);
  jest.spyOn(HTMLElement.prototype, 'offsetHeight', 'get').mockReturnValue(44);
  HTMLElement.prototype.scrollTo = () => undefined;
});

let done: { id: string; args: unknown }[];

function show(datasets: PublicDataset[], routes: Routes = {}): void {
  done = [];
  const { app } = fakeApp({
    'GET /public': () => datasets,
    'GET /tasks': () => page(),
    ...routes
  });
  for (const id of Object.values(CommandIDs)) {
    app.commands.addCommand(id, { execute: args => done.push({ id, args }) });
  }
  render(
    <AppProvider app={app}>
      <PublicSection />
    </AppProvider>
  );
}

describe('PublicSection', () => {
  it('has what is here first, then by title', () => {
    const names = arrange(
      [
        publicDataset({ name: 'b', title: 'Zebras' }),
        publicDataset({ name: 'c', title: 'Apples' }),
        publicDataset({ name: 'z', state: 'present' }),
        publicDataset({ name: 'x', state: 'fetching' })
      ],
      ''
    ).map(({ name }) => name);
    expect(names).toEqual(['x', 'z', 'c', 'b']);
  });

  it('finds by words of title, description and licence', () => {
    const all = [
      publicDataset({ name: 'mnist', description: 'Handwritten digits' }),
      publicDataset({ name: 'coco', licence: 'CC-BY-4.0' })
    ];
    expect(arrange(all, 'DIGITS hand').map(({ name }) => name)).toEqual(['mnist']);
    expect(arrange(all, 'cc-by').map(({ name }) => name)).toEqual(['coco']);
  });

  it('fetches what is not here, and opens what is', async () => {
    show([publicDataset(), publicDataset({ name: 'coco', state: 'present' })]);
    const row = await screen.findByRole('button', { name: 'mnist' });
    expect(row.textContent).toContain('9.0 KB');
    expect(row.textContent).toContain('MIT');
    fireEvent.click(row);
    fireEvent.click(screen.getByRole('button', { name: 'coco' }));
    fireEvent.click(screen.getByRole('button', { name: 'Fetch mnist…' }));
    expect(done).toEqual([
      { id: CommandIDs.fetchPublic, args: { public: 'mnist' } },
      { id: CommandIDs.openPublic, args: { public: 'coco' } },
      { id: CommandIDs.fetchPublic, args: { public: 'mnist' } }
    ]);
    expect(screen.queryByRole('button', { name: 'Fetch coco…' })).toBeNull();
  });

  it('shows how far a fetch is', async () => {
    show([publicDataset({ state: 'fetching' })], {
      'GET /tasks': () =>
        page(
          task({ kind: 'fetch-public', subject: 'mnist', progress: progress({ files_total: 2 }) })
        )
    });
    expect(await screen.findByText('Fetching 0 of 2 files')).toBeTruthy();
    expect(screen.getByRole('button', { name: 'Cancel mnist' })).toBeTruthy();
  });

  it('has a filter only where the list is long', async () => {
    show([publicDataset()]);
    await screen.findByRole('button', { name: 'mnist' });
    expect(screen.queryByRole('searchbox')).toBeNull();
  });

  it('filters, and says when nothing matches', async () => {
    show(Array.from({ length: 20 }, (_, at) => publicDataset({ name: `data-${at}` })));
    const search = await screen.findByRole('searchbox', { name: 'Search public datasets' });
    fireEvent.change(search, { target: { value: 'data-7' } });
    expect(screen.getAllByRole('listitem')).toHaveLength(1);
    fireEvent.change(search, { target: { value: 'nothing' } });
    fireEvent.click(screen.getByRole('button', { name: 'Show all' }));
    expect(screen.getAllByRole('listitem').length).toBeGreaterThan(5);
  });
});
