import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import type { Dataset, Version } from '../../api/types';
import { CommandIDs } from '../../tokens';
import { Header } from '../header';
import { DATASET, dataset, fake, page, refusal, version, type IFake } from './fakes';

const URL = `/api/datasets/${DATASET}`;
const work = version(3, { state: 'uncommitted', committed: null });

function show(
  versions: Version[],
  change: Partial<Dataset> = {},
  answers: Record<string, unknown> = {}
): IFake & { user: ReturnType<typeof userEvent.setup>; onState: jest.Mock } {
  const network = fake({ [`GET ${URL}/versions`]: page(versions), ...answers });
  network.app.commands.addCommand(CommandIDs.newVersion, { execute: () => work });
  network.app.commands.addCommand(CommandIDs.commit, { execute: () => null });
  const onState = jest.fn();
  render(<Header dataset={dataset(change)} state={{ dataset: DATASET }} onState={onState} />, {
    wrapper: network.Wrapper
  });
  return { ...network, onState, user: userEvent.setup() };
}

describe('Header', () => {
  it('names the dataset, where it is stored, and what is in it', async () => {
    show([version(2)], { uncommitted: 2 });
    expect(screen.getByRole('heading', { name: 'flowers' })).toBeTruthy();
    for (const text of [DATASET, 'Gradient Managed', '3 files, 300 B', '2 uncommitted']) {
      expect(screen.getByText(text)).toBeTruthy();
    }
    await screen.findByRole('button', { name: 'New version' });
  });

  it('offers what makes sense now: to add files, to commit, or a new version', async () => {
    const first = show([]);
    await first.user.click(await screen.findByRole('button', { name: 'Add files' }));
    await waitFor(() =>
      expect(first.onState).toHaveBeenCalledWith({ tab: 'files', version: 'vvvvv03', path: '' })
    );
  });

  it('offers to commit the uncommitted version that is shown', async () => {
    const { user, commands } = show([work, version(2)]);
    await user.click(await screen.findByRole('button', { name: 'Commit…' }));
    expect(commands).toEqual([
      { id: CommandIDs.commit, args: { dataset: DATASET, version: 'vvvvv03' } }
    ]);
  });

  it('edits the description in place, and Escape leaves it as it was', async () => {
    const { user, asked } = show([version(2)], {}, { [`PATCH ${URL}`]: dataset() });
    await user.click(screen.getByRole('button', { name: 'Photos' }));
    await user.type(screen.getByRole('textbox', { name: 'Description' }), ' of roses{Escape}');
    expect(document.activeElement).toBe(screen.getByRole('button', { name: 'Photos' }));

    await user.keyboard('{Enter}');
    const field = screen.getByRole('textbox', { name: 'Description' });
    expect(field).toHaveProperty('value', 'Photos');
    await user.type(field, ' of lilies{Control>}{Enter}{/Control}');
    await waitFor(() => expect(screen.queryByRole('textbox')).toBeNull());
    const bodies = asked.filter(({ method }) => method === 'PATCH').map(({ body }) => body);
    expect(bodies).toEqual([{ description: 'Photos of lilies' }]);
  });

  it('keeps what was typed when it cannot be saved', async () => {
    const { user } = show(
      [version(2)],
      { description: '' },
      {
        [`PATCH ${URL}`]: () => refusal(400, 'invalid', 'It is too long.')
      }
    );
    await user.click(screen.getByRole('button', { name: 'Add a description' }));
    await user.type(screen.getByRole('textbox', { name: 'Description' }), 'Long');
    await user.click(screen.getByRole('button', { name: 'Save' }));
    expect((await screen.findByRole('alert')).textContent).toContain('It is too long.');
    expect(screen.getByRole('textbox', { name: 'Description' })).toHaveProperty('value', 'Long');
  });
});
