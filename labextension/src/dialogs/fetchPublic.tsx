/** Shows what a public dataset is, and asks which of its files to fetch. */

import React from 'react';
import type { PublicDataset, PublicFile, TaskInfo } from '../api/types';
import { Button } from '../components/buttons';
import { PublicFacts } from '../components/publicFacts';
import { useTrans } from '../context';
import { useVolumes } from '../data/live';
import { bytes, files as countFiles } from '../format';
import type { IGradientData } from '../tokens';
import { showForm, type IFields } from './formDialog';

interface IValues {
  /** Paths of the files to fetch. */
  wanted: readonly string[];
}

/** Resolves to the task that fetches, or to null when the user cancelled. */
export function fetchPublic(app: IGradientData, dataset: PublicDataset): Promise<TaskInfo | null> {
  const { client, trans } = app;
  const absent = dataset.files.filter(file => !file.is_present).map(({ path }) => path);
  const { name, files } = dataset;
  return showForm<IValues, TaskInfo>(app, {
    title: dataset.title || name,
    accept: trans.__('Fetch'),
    initial: { wanted: absent },
    isComplete: ({ wanted }) => wanted.length > 0 || files.length === 0,
    fields: form => <Fields form={form} dataset={dataset} />,
    submit: ({ wanted }) =>
      client.volumes.fetchPublic(name, wanted.length === absent.length ? [] : wanted)
  });
}

function Fields(props: { form: IFields<IValues>; dataset: PublicDataset }): JSX.Element {
  const trans = useTrans();
  const { form, dataset } = props;
  return (
    <>
      <PublicFacts dataset={dataset} />
      {dataset.files.length > 1 && <Files form={form} files={dataset.files} />}
      <Space form={form} dataset={dataset} />
      <p className="gd-Form-small">
        {trans.__(
          'Its files will be at %1 for all notebooks, complete or not at all.',
          dataset.path
        )}
      </p>
    </>
  );
}

function Files(props: { form: IFields<IValues>; files: readonly PublicFile[] }): JSX.Element {
  const trans = useTrans();
  const { files, form } = props;
  const { values, set, isBusy } = form;
  const absent = files.filter(file => !file.is_present).map(({ path }) => path);
  const isAll = values.wanted.length === absent.length;
  const toggle = (path: string): void => {
    const isWanted = values.wanted.includes(path);
    // In the order of the list.
    set({
      wanted: absent.filter(one => (one === path ? !isWanted : values.wanted.includes(one)))
    });
  };
  return (
    <fieldset className="gd-Form-files">
      <legend>{trans.__('Files')}</legend>
      <Button disabled={isBusy} onClick={() => set({ wanted: isAll ? [] : absent })}>
        {isAll ? trans.__('Choose none') : trans.__('Choose all')}
      </Button>
      <ul tabIndex={-1}>
        {files.map(({ path, bytes: size, is_present: isPresent }) => (
          <li key={path}>
            <label className="gd-Form-check">
              <input
                type="checkbox"
                checked={isPresent || values.wanted.includes(path)}
                disabled={isBusy || isPresent}
                onChange={() => toggle(path)}
              />
              <span className="gd-Form-path">{path}</span>
              <span className="gd-mod-faint">
                {isPresent ? trans.__('here') : size === null ? '' : bytes(size)}
              </span>
            </label>
          </li>
        ))}
      </ul>
    </fieldset>
  );
}

/** What it takes, against what is left. */
function Space(props: { form: IFields<IValues>; dataset: PublicDataset }): JSX.Element | null {
  const trans = useTrans();
  const { wanted } = props.form.values;
  const { files } = props.dataset;
  const free = useVolumes().data?.volumes.find(({ name }) => name === 'datasets')?.free_bytes;
  const chosen = files.filter(({ path }) => wanted.includes(path));
  const size = chosen.reduce((sum, file) => sum + (file.bytes ?? 0), 0);
  const isKnown = chosen.every(file => file.bytes !== null);
  if (files.length === 0) {
    return null;
  }
  const words = isKnown
    ? trans.__('%1 to fetch, %2', countFiles(chosen.length, trans), bytes(size))
    : trans.__('%1 to fetch, %2 or more', countFiles(chosen.length, trans), bytes(size));
  const isTooLarge = typeof free === 'number' && size > free;
  return (
    <p className={isTooLarge ? 'gd-Form-note' : undefined} role="status">
      {typeof free !== 'number'
        ? words
        : isTooLarge
          ? trans.__('%1; only %2 are free. Choose fewer files, or make room.', words, bytes(free))
          : trans.__('%1; %2 are free.', words, bytes(free))}
    </p>
  );
}
