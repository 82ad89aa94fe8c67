/** Asks for the repository that is cloned into `/notebook`. */

import React from 'react';
import type { TaskInfo, Workspace } from '../api/types';
import { useTrans } from '../context';
import type { IGradientData } from '../tokens';
import { TextField } from './fields';
import { showForm, type IFields } from './formDialog';

interface IValues {
  url: string;
  ref: string;
}

/** Resolves to the task that clones, or to null when the user cancelled. */
export function askRepository(app: IGradientData, now: Workspace): Promise<TaskInfo | null> {
  const { client, trans } = app;
  return showForm<IValues, TaskInfo>(app, {
    title: trans.__('Workspace Repository'),
    accept: now.url === null ? trans.__('Clone') : trans.__('Save and Update'),
    initial: { url: now.url ?? '', ref: now.ref ?? '' },
    isComplete: ({ url }) => url.trim() !== '',
    fields: form => <Fields form={form} />,
    submit: ({ url, ref }) =>
      client.volumes.updateWorkspace({ url: url.trim(), ...(ref.trim() && { ref: ref.trim() }) })
  });
}

function Fields({ form }: { form: IFields<IValues> }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy } = form;
  return (
    <>
      <p>
        {trans.__(
          'It is cloned into /notebook, and what is new in it is merged whenever this server starts. Your own changes are never lost.'
        )}
      </p>
      <TextField
        label={trans.__('Repository')}
        value={values.url}
        onChange={url => set({ url })}
        disabled={isBusy}
        required
        placeholder="https://github.com/team/project.git"
        help={trans.__(
          'Without a user or password: for a private one, they come from the settings of this server.'
        )}
      />
      <TextField
        label={trans.__('Branch, tag or commit')}
        value={values.ref}
        onChange={ref => set({ ref })}
        disabled={isBusy}
        help={trans.__('Empty for the default branch of the repository.')}
      />
    </>
  );
}
