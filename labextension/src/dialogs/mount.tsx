/** Asks how a version is mounted, where that is not clear: which one, under which name, whether it takes changes. */

import React, { useId } from 'react';
import type { Dataset, Mount, TaskInfo, Version } from '../api/types';
import { useTrans } from '../context';
import { useMounts } from '../data/live';
import type { IGradientData } from '../tokens';
import { SelectField, TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { folderName, folderProblem } from './names';
import { versionLabel } from './versions';

/** What is to be mounted, and what is known of it. */
export interface IMountQuestion {
  dataset: Dataset;
  /** Versions to choose from, newest first; only one when it is given. */
  versions: readonly Version[];
  /** The first of them is mounted by `latest`, so that a newer one is told of. */
  isLatest: boolean;
  isWritable: boolean;
  /** What has its name now. */
  existing: Mount | null;
}

interface IValues {
  version: string;
  name: string;
  isWritable: boolean;
  /** Take the place of what has the name, which is another version of the same dataset. */
  replace: boolean;
}

/** Resolves to the task that mounts, or to null when the user cancelled. */
export function askMount(app: IGradientData, question: IMountQuestion): Promise<TaskInfo | null> {
  const { client, trans } = app;
  const { dataset, existing, isLatest, isWritable, versions } = question;
  const canReplace = existing?.dataset === dataset.id && existing.is_writable === isWritable;
  const plain = folderName(dataset.name);
  const free = existing === null ? plain : `${plain}-${versions[0].version}`;
  return showForm<IValues, TaskInfo>(app, {
    title: trans.__('Mount “%1”', dataset.name),
    accept: trans.__('Mount'),
    initial: { version: versions[0].version, name: free, isWritable, replace: canReplace },
    isComplete: ({ name, replace }) =>
      replace || (name.trim() !== '' && folderProblem(name, trans) === null),
    fields: form => <Fields form={form} question={question} canReplace={canReplace} />,
    submit: ({ version, name, isWritable: writable, replace }) => {
      const selector = isLatest && version === versions[0].version ? 'latest' : version;
      const reference = `${dataset.id}:${selector}`;
      return replace && existing !== null
        ? client.volumes.updateMount(existing.name, reference)
        : client.volumes.mount(reference, { name: name.trim(), writable });
    }
  });
}

function Fields(props: {
  form: IFields<IValues>;
  question: IMountQuestion;
  canReplace: boolean;
}): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy, error } = props.form;
  const { existing, versions, isLatest } = props.question;
  const mounts = useMounts().data ?? [];
  const name = values.name.trim();
  const isTaken = mounts.some(mount => mount.name === name) || error?.code === 'mount_exists';
  return (
    <>
      {versions.length > 1 && (
        <SelectField
          label={trans.__('Version')}
          value={values.version}
          options={versions.map((version, at) => ({
            value: version.version,
            label:
              at === 0 && isLatest
                ? trans.__('Latest: %1', versionLabel(version, trans))
                : versionLabel(version, trans)
          }))}
          onChange={version => set({ version })}
          disabled={isBusy}
        />
      )}
      {existing !== null && !props.canReplace && (
        <p className="gd-Form-note" role="note">
          {trans.__('%1 is in use already; it needs another name.', existing.path)}
        </p>
      )}
      {existing !== null && props.canReplace && (
        <Where form={props.form} existing={existing} version={values.version} />
      )}
      {!values.replace && (
        <TextField
          label={trans.__('Name')}
          value={values.name}
          onChange={changed => set({ name: changed })}
          disabled={isBusy}
          required
          problem={
            folderProblem(values.name, trans) ?? (isTaken ? trans.__('This name is taken.') : null)
          }
          help={trans.__('Its files will be at /inputs/%1, and at /datasets/%1.', name)}
        />
      )}
      {!values.replace && (
        <>
          <label className="gd-Form-check">
            <input
              type="checkbox"
              checked={values.isWritable}
              disabled={isBusy}
              onChange={event => set({ isWritable: event.target.checked })}
            />
            {trans.__('Writable')}
          </label>
          <p className="gd-Form-small">
            {values.isWritable
              ? trans.__(
                  'What you change stays in this notebook, until you commit it as a new version. The version itself never changes.'
                )
              : trans.__('Read-only: nothing can change its files by mistake.')}
          </p>
        </>
      )}
    </>
  );
}

/** In the place of another version, or beside it. */
function Where(props: { form: IFields<IValues>; existing: Mount; version: string }): JSX.Element {
  const trans = useTrans();
  const group = useId();
  const { existing, version, form } = props;
  const { values, set, isBusy } = form;
  const choices: [replace: boolean, words: string][] = [
    [true, trans.__('At %1, instead of version %2', existing.path, existing.version ?? '–')],
    [false, trans.__('Beside it, under another name')]
  ];
  return (
    <fieldset className="gd-Form-choice">
      <legend>{trans.__('Where version %1 goes', version)}</legend>
      {choices.map(([replace, words]) => (
        <label key={words} className="gd-Form-check">
          <input
            type="radio"
            name={group}
            checked={values.replace === replace}
            disabled={isBusy}
            onChange={() => set({ replace })}
          />
          {words}
        </label>
      ))}
    </fieldset>
  );
}
