/** Asks for another name of a dataset: to rename it, or because its own is taken when it comes out of the trash. */

import React from 'react';
import { useTrans } from '../context';
import type { IGradientData } from '../tokens';
import { TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { nameProblem } from './names';

interface IValues {
  name: string;
}

interface IOptions<R> {
  title: string;
  accept: string;
  name: string;
  help?: string;
  submit: (name: string) => Promise<R>;
}

export function askName<R>(app: IGradientData, options: IOptions<R>): Promise<R | null> {
  const { trans } = app;
  return showForm<IValues, R>(app, {
    title: options.title,
    accept: options.accept,
    initial: { name: options.name },
    isComplete: ({ name }) =>
      name.trim() !== '' && name.trim() !== options.name && nameProblem(name, trans) === null,
    fields: form => <Fields form={form} help={options.help} />,
    submit: ({ name }) => options.submit(name.trim())
  });
}

function Fields({ form, help }: { form: IFields<IValues>; help?: string }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy, error } = form;
  const isTaken = error?.code === 'name_taken' ? trans.__('This name is taken.') : null;
  return (
    <TextField
      label={trans.__('Name')}
      value={values.name}
      onChange={name => set({ name })}
      onFocus={event => event.target.select()}
      disabled={isBusy}
      required
      problem={nameProblem(values.name, trans) ?? isTaken}
      help={help}
    />
  );
}
