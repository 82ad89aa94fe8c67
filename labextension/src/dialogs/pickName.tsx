/** Asks for one of a few things by its name: a mount, an output, a public dataset. */

import React from 'react';
import { ApiError } from '../api/request';
import type { IGradientData } from '../tokens';
import { SelectField } from './fields';
import { showForm } from './formDialog';

export interface INamed {
  value: string;
  label: string;
}

interface IPick {
  title: string;
  label: string;
  options: readonly INamed[];
  /** What is said, and what to do, when there is nothing to choose from. */
  none: readonly [message: string, hint: string];
}

/** Not asked when there is only one; null when the user cancelled. */
export async function pickName(app: IGradientData, pick: IPick): Promise<string | null> {
  const { title, label, options, none } = pick;
  if (options.length === 0) {
    throw new ApiError('nothing_to_choose', none[0], none[1], 0);
  }
  if (options.length === 1) {
    return options[0].value;
  }
  return showForm<{ name: string }, string>(app, {
    title,
    accept: app.trans.__('Select'),
    initial: { name: options[0].value },
    fields: ({ values, set }) => (
      <SelectField
        label={label}
        value={values.name}
        options={options}
        onChange={name => set({ name })}
      />
    ),
    submit: async ({ name }) => name
  });
}
