/** Asks for the dataset that an output becomes a version of; a new name makes a new dataset. */

import React, { useId } from 'react';
import type { Output } from '../api/types';
import { useTrans } from '../context';
import { useDatasets } from '../data/live';
import type { IGradientData } from '../tokens';
import { TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { nameProblem } from './names';

interface IValues {
  dataset: string;
}

/** `dataset`: name of one to begin with. */
export function newOutput(app: IGradientData, dataset = ''): Promise<Output | null> {
  const { client, trans } = app;
  return showForm<IValues, Output>(app, {
    title: trans.__('New Output'),
    accept: trans.__('Create'),
    initial: { dataset },
    isComplete: ({ dataset: name }) => name.trim() !== '' && nameProblem(name, trans) === null,
    fields: form => <Fields form={form} />,
    submit: ({ dataset: name }) => client.volumes.createOutput(name.trim())
  });
}

function Fields({ form }: { form: IFields<IValues> }): JSX.Element {
  const trans = useTrans();
  const list = useId();
  const { values, set, isBusy } = form;
  const datasets = useDatasets().data ?? [];
  const name = values.dataset.trim();
  const isKnown = datasets.some(one => one.name === name);
  return (
    <>
      <p>
        {trans.__(
          'An output is an empty folder for results. What is in it when you commit it becomes a new version of a dataset.'
        )}
      </p>
      <TextField
        label={trans.__('Dataset')}
        value={values.dataset}
        onChange={dataset => set({ dataset })}
        disabled={isBusy}
        required
        list={list}
        problem={nameProblem(values.dataset, trans)}
        help={
          name === ''
            ? trans.__('One that there is, or the name of a new one.')
            : isKnown
              ? trans.__('The folder will be /outputs/%1.', name)
              : trans.__('A new dataset. The folder will be /outputs/%1.', name)
        }
      />
      <datalist id={list}>
        {datasets.map(one => (
          <option key={one.id} value={one.name} />
        ))}
      </datalist>
    </>
  );
}
