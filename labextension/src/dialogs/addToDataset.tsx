/** Asks to which dataset, version and folder files of the file browser shall go. */

import React from 'react';
import type { Dataset } from '../api/types';
import { useTrans } from '../context';
import { useVersions } from '../data/live';
import { NEW, openVersion } from '../data/openVersion';
import type { ITarget } from '../integration/putContents';
import type { IGradientData } from '../tokens';
import { SelectField, TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { nameProblem } from './names';
import { DatasetPicker } from './pickDataset';
import { versionLabel } from './versions';

interface IValues {
  /** Id, or `NEW`. */
  dataset: string;
  /** Name of the new one. */
  name: string;
  /** Id of an uncommitted version, or `NEW`; empty for the newest uncommitted, or else a new one. */
  version: string;
  folder: string;
}

/** Resolves to an uncommitted version, which may have been made for it. `what`: the files, in words. */
export function askTarget(app: IGradientData, what: string): Promise<ITarget | null> {
  const { client, trans } = app;
  let made: Dataset | null = null; // not a second time when what follows fails and is tried again
  const datasetOf = async ({ dataset, name }: IValues): Promise<Dataset> => {
    if (dataset !== NEW) {
      return client.getDataset(dataset);
    }
    const wanted = name.trim();
    made = made?.name === wanted ? made : await client.createDataset(wanted, '', null);
    return made;
  };
  return showForm<IValues, ITarget>(app, {
    title: trans.__('Add %1 to a Dataset', what),
    accept: trans.__('Add'),
    initial: { dataset: '', name: '', version: '', folder: '' },
    isComplete: ({ dataset, name }) =>
      dataset === NEW ? name.trim() !== '' && nameProblem(name, trans) === null : dataset !== '',
    fields: form => <Fields {...form} />,
    submit: async values => {
      const { id, name } = await datasetOf(values);
      const folder = values.folder.trim().replace(/^\/+|\/+$/g, '');
      const { dataset, version } = await openVersion(client, id, values.version);
      return { dataset, version, name, folder: folder && `${folder}/` };
    }
  });
}

function Fields(form: IFields<IValues>): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy, submit, error } = form;
  return (
    <>
      <DatasetPicker
        value={values.dataset}
        onChange={dataset => set({ dataset, version: '' })}
        onAccept={submit}
        disabled={isBusy}
        first={{ value: NEW, label: trans.__('New dataset…') }}
      />
      {values.dataset === NEW && (
        <TextField
          label={trans.__('Name of the new dataset')}
          value={values.name}
          onChange={name => set({ name })}
          disabled={isBusy}
          required
          problem={
            nameProblem(values.name, trans) ??
            (error?.code === 'name_taken' ? trans.__('This name is taken.') : null)
          }
        />
      )}
      {values.dataset !== NEW && values.dataset !== '' && <VersionField form={form} />}
      <TextField
        label={trans.__('Folder in the dataset')}
        value={values.folder}
        onChange={folder => set({ folder })}
        disabled={isBusy}
        placeholder={trans.__('for example: images/train')}
        help={trans.__('Empty for the top.')}
      />
    </>
  );
}

function VersionField({ form }: { form: IFields<IValues> }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy } = form;
  const versions = useVersions(values.dataset).data ?? [];
  const open = versions.filter(({ state }) => state === 'uncommitted');
  const hasCommitted = versions.some(({ state }) => state === 'committed');
  return (
    <SelectField
      label={trans.__('Version')}
      value={values.version || (open[0]?.version ?? NEW)}
      options={[
        ...open.map(one => ({ value: one.version, label: versionLabel(one, trans) })),
        {
          value: NEW,
          label: hasCommitted
            ? trans.__('A new version, from the latest one')
            : trans.__('A new version')
        }
      ]}
      onChange={version => set({ version })}
      disabled={isBusy}
    />
  );
}
