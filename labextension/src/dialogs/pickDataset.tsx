/** A search field above a list of datasets, and a dialog that asks for one. */

import React, { useEffect, useRef, useState } from 'react';
import type { Dataset } from '../api/types';
import { Loaded } from '../components/states';
import { useTrans } from '../context';
import { useDatasets } from '../data/live';
import { arrange } from '../data/arrange';
import type { IGradientData } from '../tokens';
import { TextField } from './fields';
import { showForm } from './formDialog';

const ROWS = 8;

/** Which dataset? Resolves to its id. */
export function pickDataset(app: IGradientData, title: string): Promise<string | null> {
  const { trans } = app;
  return showForm<{ dataset: string }, string>(app, {
    title,
    accept: trans.__('Select'),
    initial: { dataset: '' },
    isComplete: ({ dataset }) => dataset !== '',
    fields: ({ values, set, submit }) => (
      <DatasetPicker
        value={values.dataset}
        onChange={dataset => set({ dataset })}
        onAccept={submit}
      />
    ),
    submit: async ({ dataset }) => dataset
  });
}

export function DatasetPicker(props: {
  value: string;
  onChange: (dataset: string) => void;
  /** Chosen for good: a double click. */
  onAccept?: () => void;
  disabled?: boolean;
  /** An entry above the datasets. */
  first?: { value: string; label: string };
}): JSX.Element {
  return (
    <Loaded live={useDatasets()} rows={ROWS}>
      {datasets => <Picker {...props} datasets={datasets} />}
    </Loaded>
  );
}

function Picker(
  props: React.ComponentProps<typeof DatasetPicker> & { datasets: Dataset[] }
): JSX.Element {
  const trans = useTrans();
  const list = useRef<HTMLSelectElement>(null);
  const [search, setSearch] = useState('');
  const byHand = useRef(false);
  const found = arrange(props.datasets, search, 'name');

  // The best match is chosen, also when it comes only now: the list may be older than the dataset.
  useEffect(() => {
    const best = found[0]?.id ?? props.first?.value ?? '';
    const isFound = found.some(({ id }) => id === props.value);
    if (search && !byHand.current && !isFound && props.value !== best) {
      props.onChange(best);
    }
  });

  return (
    <>
      <TextField
        label={trans.__('Search datasets')}
        value={search}
        onChange={text => {
          byHand.current = false;
          setSearch(text);
        }}
        disabled={props.disabled}
        onKeyDown={event => {
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            list.current?.focus();
          }
        }}
      />
      <select
        ref={list}
        className="gd-Picker jp-mod-styled"
        size={ROWS}
        aria-label={trans.__('Dataset')}
        value={props.value}
        disabled={props.disabled}
        onChange={event => {
          byHand.current = true;
          props.onChange(event.target.value);
        }}
        onDoubleClick={props.onAccept}
      >
        {props.first && <option value={props.first.value}>{props.first.label}</option>}
        {found.map(({ id, name }) => (
          <option key={id} value={id}>
            {name}
          </option>
        ))}
      </select>
      {found.length === 0 && (
        <p className="gd-Form-small" role="status">
          {search ? trans.__('No dataset matches.') : trans.__('There are no datasets yet.')}
        </p>
      )}
    </>
  );
}
