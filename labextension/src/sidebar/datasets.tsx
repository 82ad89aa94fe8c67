/** The list of datasets: search, order, and what can be done with each. */

import { clearIcon, searchIcon } from '@jupyterlab/ui-components';
import React, { useRef, useState, type KeyboardEvent } from 'react';
import type { Dataset } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { EmptyState, Loaded } from '../components/states';
import { useApp, useTrans } from '../context';
import { useDatasets, useMounts } from '../data/live';
import { datasetsIcon } from '../icons';
import { SORTS, useSetting, type Sort } from '../settings';
import { CommandIDs } from '../tokens';
import { arrange } from '../data/arrange';
import { DatasetRow } from './datasetRow';
import { KeptFocus } from './keptFocus';
import { VirtualList } from './list';

export function DatasetsSection(): JSX.Element {
  return (
    <KeptFocus>
      <Loaded live={useDatasets()} rows={6}>
        {datasets => (datasets.length > 0 ? <Datasets datasets={datasets} /> : <NoDatasets />)}
      </Loaded>
    </KeptFocus>
  );
}

function Datasets({ datasets }: { datasets: Dataset[] }): JSX.Element {
  const { commands, trans } = useApp();
  const [search, setSearch] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const sort = useSetting('sort');
  const mounts = useMounts().data ?? [];
  const found = arrange(datasets, search, sort);

  const onKey = (event: KeyboardEvent, { id }: Dataset): void => {
    const keys: Record<string, string> = {
      Delete: CommandIDs.deleteDataset,
      F2: CommandIDs.renameDataset
    };
    if (event.key in keys) {
      event.preventDefault();
      void commands.execute(keys[event.key], { dataset: id });
    }
  };

  return (
    <div className="gd-Datasets">
      <div className="gd-Datasets-bar">
        <SearchField
          value={search}
          onChange={setSearch}
          onDown={() => list.current?.querySelector<HTMLElement>('button[tabindex="0"]')?.focus()}
        />
        <SortField value={sort} />
      </div>
      <p className="gd-visuallyHidden" role="status">
        {search && trans._n('%2 dataset found', '%2 datasets found', found.length, found.length)}
      </p>
      {found.length > 0 ? (
        <VirtualList
          label={trans.__('Datasets')}
          items={found}
          keyOf={({ id }) => id}
          nameOf={({ name }) => name}
          row={(dataset, tabIndex) => (
            <DatasetRow
              dataset={dataset}
              mounts={mounts.filter(mount => mount.dataset === dataset.id)}
              tabIndex={tabIndex}
            />
          )}
          rowProps={({ id, latest }) => ({
            className: 'gd-DatasetRow',
            'data-gd-row': '',
            'data-dataset': id,
            'data-latest': latest ?? ''
          })}
          onKey={onKey}
          list={list}
        />
      ) : (
        <EmptyState title={trans.__('No dataset matches “%1”.', search)}>
          <Button onClick={() => setSearch('')}>{trans.__('Show all')}</Button>
        </EmptyState>
      )}
    </div>
  );
}

function SearchField(props: {
  value: string;
  onChange: (text: string) => void;
  /** Arrow down: on to the list. */
  onDown: () => void;
}): JSX.Element {
  const trans = useTrans();
  const input = useRef<HTMLInputElement>(null);
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'ArrowDown') {
      event.preventDefault();
      props.onDown();
    } else if (event.key === 'Escape') {
      props.onChange('');
    }
  };
  return (
    <div className="gd-Search">
      <searchIcon.react tag="span" className="gd-Search-icon" aria-hidden="true" />
      <input
        ref={input}
        type="text"
        role="searchbox"
        aria-label={trans.__('Search datasets')}
        placeholder={trans.__('Search')}
        spellCheck={false}
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
        onKeyDown={onKeyDown}
      />
      {props.value && (
        <IconButton
          icon={clearIcon}
          label={trans.__('Clear search')}
          onClick={() => {
            props.onChange('');
            input.current?.focus();
          }}
        />
      )}
    </div>
  );
}

function SortField({ value }: { value: Sort }): JSX.Element {
  const { settings, trans } = useApp();
  const labels: Record<Sort, string> = {
    name: trans.__('Name'),
    modified: trans.__('Changed'),
    size: trans.__('Size')
  };
  return (
    <select
      className="gd-Sort"
      aria-label={trans.__('Sort by')}
      title={trans.__('Sort by')}
      value={value}
      onChange={event => void settings.set('sort', event.target.value as Sort)}
    >
      {SORTS.map(sort => (
        <option key={sort} value={sort}>
          {labels[sort]}
        </option>
      ))}
    </select>
  );
}

function NoDatasets(): JSX.Element {
  const { commands, trans } = useApp();
  return (
    <EmptyState icon={datasetsIcon} title={trans.__('No datasets yet')}>
      <p>
        {trans.__(
          'A dataset is a folder of files with versions: what you commit never changes, and notebooks can name exactly the data they used.'
        )}
      </p>
      <Button isPrimary onClick={() => void commands.execute(CommandIDs.newDataset)}>
        {trans.__('New dataset')}
      </Button>
    </EmptyState>
  );
}
