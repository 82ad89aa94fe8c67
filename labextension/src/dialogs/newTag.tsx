/** Asks for the name of a tag, and points it to a version; says where it points now when it exists. */

import React from 'react';
import type { IVersionRef } from '../api/client';
import type { Tag } from '../api/types';
import { useTrans } from '../context';
import { useTags, useVersions } from '../data/live';
import type { IGradientData } from '../tokens';
import { SelectField, TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { tagProblem } from './names';
import { versionLabel } from './versions';

interface IValues {
  name: string;
  /** Version id, or `latest`. */
  version: string;
}

export function newTag(app: IGradientData, { dataset, version }: IVersionRef): Promise<Tag | null> {
  const { client, trans } = app;
  return showForm<IValues, Tag>(app, {
    title: trans.__('New Tag'),
    accept: trans.__('Set Tag'),
    initial: { name: '', version },
    isComplete: ({ name }) => name.trim() !== '' && tagProblem(name, trans) === null,
    fields: form => <Fields form={form} dataset={dataset} />,
    submit: values => client.setTag({ dataset, version: values.version }, values.name.trim())
  });
}

function Fields(props: { form: IFields<IValues>; dataset: string }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy } = props.form;
  const tags = useTags(props.dataset).data ?? [];
  const versions = (useVersions(props.dataset).data ?? []).filter(
    ({ state }) => state === 'committed'
  );
  const found = tags.find(({ name }) => name === values.name.trim());
  const version = values.version === 'latest' ? (versions[0]?.version ?? '') : values.version;
  return (
    <>
      <TextField
        label={trans.__('Name')}
        value={values.name}
        onChange={name => set({ name })}
        disabled={isBusy}
        required
        placeholder={trans.__('for example: production')}
        problem={tagProblem(values.name, trans)}
        help={trans.__('A name for this version that can be moved to another one later.')}
      />
      <SelectField
        label={trans.__('Version')}
        value={version}
        options={versions.map(one => ({ value: one.version, label: versionLabel(one, trans) }))}
        onChange={chosen => set({ version: chosen })}
        disabled={isBusy}
      />
      {found && (
        <p className="gd-Form-note" role="status">
          {found.version === version
            ? trans.__('“%1” points to this version already.', found.name)
            : trans.__(
                '“%1” points to version %2 now. It will be moved.',
                found.name,
                found.version
              )}
        </p>
      )}
    </>
  );
}
