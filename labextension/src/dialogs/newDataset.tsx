/** Asks for what a new dataset is made of, and makes it. */

import React from 'react';
import type { Dataset } from '../api/types';
import { useTrans } from '../context';
import { useProviders } from '../data/live';
import type { IGradientData } from '../tokens';
import { SelectField, TextArea, TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { nameProblem } from './names';

interface IValues {
  name: string;
  description: string;
  /** Id; empty for the team's default. */
  provider: string;
}

export function newDataset(app: IGradientData): Promise<Dataset | null> {
  const { client, trans } = app;
  return showForm<IValues, Dataset>(app, {
    title: trans.__('New Dataset'),
    accept: trans.__('Create'),
    initial: { name: '', description: '', provider: '' },
    isComplete: ({ name }) => name.trim() !== '' && nameProblem(name, trans) === null,
    fields: form => <Fields {...form} />,
    submit: ({ name, description, provider }) =>
      client.createDataset(name.trim(), description.trim(), provider || null)
  });
}

function Fields({ values, set, isBusy, error }: IFields<IValues>): JSX.Element {
  const trans = useTrans();
  const providers = useProviders().data ?? [];
  const chosen = values.provider || (providers.find(one => one.is_team_default)?.id ?? '');
  const isTaken = error?.code === 'name_taken' ? trans.__('This name is taken.') : null;
  return (
    <>
      <TextField
        label={trans.__('Name')}
        value={values.name}
        onChange={name => set({ name })}
        disabled={isBusy}
        required
        placeholder={trans.__('for example: flowers')}
        problem={nameProblem(values.name, trans) ?? isTaken}
        help={trans.__('Letters, digits, spaces and signs other than : / \\')}
      />
      <TextArea
        label={trans.__('Description')}
        value={values.description}
        onChange={description => set({ description })}
        disabled={isBusy}
        placeholder={trans.__('What is in it, where it is from')}
      />
      <SelectField
        label={trans.__('Storage provider')}
        value={chosen}
        options={providers.map(({ id, name, is_team_default: isDefault }) => ({
          value: id,
          label: isDefault ? trans.__('%1 (default)', name) : name
        }))}
        onChange={provider => set({ provider })}
        disabled={isBusy}
        help={trans.__('Where the files are kept. It cannot be changed later.')}
      />
    </>
  );
}
