import { render, screen, waitFor } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import React from 'react';
import { CommandIDs } from '../../../tokens';
import { DATASET, dataset, fake, refusal, type IFake } from '../../__tests__/fakes';
import { SettingsTab } from '../settingsTab';

const PATH = `/api/datasets/${DATASET}`;

function show(answers: Record<string, unknown>): IFake & { rerender: (name: string) => void } {
  const network = fake({ [`GET ${PATH}`]: dataset(), ...answers });
  const tab = (name: string): JSX.Element => (
    <SettingsTab dataset={dataset({ name })} state={{ dataset: DATASET }} onState={jest.fn()} />
  );
  const { rerender } = render(tab('flowers'), { wrapper: network.Wrapper });
  return { ...network, rerender: name => rerender(tab(name)) };
}

describe('SettingsTab', () => {
  it('saves only what was changed', async () => {
    const { asked } = show({ [`PATCH ${PATH}`]: dataset({ name: 'roses' }) });
    const name = screen.getByLabelText('Name');
    await userEvent.clear(name);
    await userEvent.type(name, 'roses{Enter}');
    expect(await screen.findByText('Saved')).toBeTruthy();
    expect(asked.find(({ method }) => method === 'PATCH')?.body).toEqual({ name: 'roses' });
  });

  it('keeps what was typed when the server refuses it, and says why', async () => {
    show({ [`PATCH ${PATH}`]: () => refusal(409, 'name_taken', 'There is a dataset roses.') });
    const name = screen.getByLabelText<HTMLInputElement>('Name');
    await userEvent.clear(name);
    await userEvent.type(name, 'roses{Enter}');
    expect((await screen.findByRole('alert')).textContent).toBe('There is a dataset roses.');
    expect(name.value).toBe('roses');
    await userEvent.click(screen.getByRole('button', { name: 'Undo changes' }));
    expect(name.value).toBe('flowers');
    expect(screen.queryByRole('alert')).toBeNull();
  });

  it('shows what somebody else changed, but never over what is being typed', async () => {
    const { rerender } = show({});
    const name = screen.getByLabelText<HTMLInputElement>('Name');
    rerender('tulips');
    await waitFor(() => expect(name.value).toBe('tulips'));
    await userEvent.type(name, ' and more');
    rerender('lilies');
    expect(name.value).toBe('tulips and more');
  });

  it('hands the dataset to the command that moves it to the trash', async () => {
    const { app, commands } = show({});
    app.commands.addCommand(CommandIDs.deleteDataset, { execute: () => true });
    await userEvent.click(screen.getByRole('button', { name: 'Move to trash…' }));
    expect(commands).toEqual([{ id: CommandIDs.deleteDataset, args: { dataset: DATASET } }]);
  });
});
