/** Public datasets: the catalogue, and what of it is here. */

import { clearIcon, ellipsesIcon, searchIcon } from '@jupyterlab/ui-components';
import React, { useId, useRef, useState } from 'react';
import type { PublicDataset } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { Badge } from '../components/small';
import { EmptyState, Loaded } from '../components/states';
import { useApp, useTrans } from '../context';
import { usePublic } from '../data/live';
import { bytes } from '../format';
import { publicIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { KeptFocus } from './keptFocus';
import { VirtualList } from './list';
import { openMenu } from './menu';
import { TaskProgress, useTaskOf } from './taskProgress';

const MANY = 8; // datasets from which on a filter helps
const KINDS = ['fetch-public', 'verify-public'];

export function PublicSection(): JSX.Element {
  const trans = useTrans();
  return (
    <KeptFocus>
      <Loaded live={usePublic()} rows={2}>
        {datasets =>
          datasets.length > 0 ? (
            <Catalogue datasets={datasets} />
          ) : (
            // Keys scroll it, as there is nothing else in it.
            <p className="gd-Section-note" tabIndex={0}>
              {trans.__(
                'None here. Whoever runs this server can add a catalogue of public datasets, or put folders into “public” in its state directory.'
              )}
            </p>
          )
        }
      </Loaded>
    </KeptFocus>
  );
}

function Catalogue({ datasets }: { datasets: readonly PublicDataset[] }): JSX.Element {
  const trans = useTrans();
  const [search, setSearch] = useState('');
  const list = useRef<HTMLDivElement>(null);
  const found = arrange(datasets, search);
  return (
    <div className="gd-Datasets">
      {datasets.length > MANY && (
        <div className="gd-Datasets-bar">
          <Filter
            value={search}
            onChange={setSearch}
            onDown={() => list.current?.querySelector<HTMLElement>('button[tabindex="0"]')?.focus()}
          />
        </div>
      )}
      <p className="gd-visuallyHidden" role="status">
        {search &&
          trans._n(
            '%2 public dataset found',
            '%2 public datasets found',
            found.length,
            found.length
          )}
      </p>
      {found.length > 0 ? (
        <VirtualList
          label={trans.__('Public datasets')}
          items={found}
          keyOf={({ name }) => name}
          nameOf={titleOf}
          row={(dataset, tabIndex) => <PublicRow dataset={dataset} tabIndex={tabIndex} />}
          rowProps={({ name, state, source }) => ({
            className: 'gd-PublicRow',
            'data-gd-row': '',
            'data-public': name,
            'data-state': state,
            'data-source': source
          })}
          list={list}
        />
      ) : (
        <EmptyState title={trans.__('No public dataset matches “%1”.', search)}>
          <Button onClick={() => setSearch('')}>{trans.__('Show all')}</Button>
        </EmptyState>
      )}
    </div>
  );
}

function titleOf({ name, title }: PublicDataset): string {
  return title || name;
}

function isHere({ state }: PublicDataset): boolean {
  return state === 'present' || state === 'partial';
}

/** Those with every word of `search`, what is here first. */
export function arrange(datasets: readonly PublicDataset[], search: string): PublicDataset[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const order = (dataset: PublicDataset): number => (dataset.state === 'absent' ? 1 : 0);
  return datasets
    .filter(({ name, title, description, licence }) => {
      const text = [name, title, description, licence].join('\n').toLowerCase();
      return words.every(word => text.includes(word));
    })
    .sort((a, b) => order(a) - order(b) || titleOf(a).localeCompare(titleOf(b)));
}

function Filter(props: {
  value: string;
  onChange: (text: string) => void;
  /** Arrow down: on to the list. */
  onDown: () => void;
}): JSX.Element {
  const trans = useTrans();
  const input = useRef<HTMLInputElement>(null);
  return (
    <div className="gd-Search">
      <searchIcon.react tag="span" className="gd-Search-icon" aria-hidden="true" />
      <input
        ref={input}
        type="text"
        role="searchbox"
        aria-label={trans.__('Search public datasets')}
        placeholder={trans.__('Search')}
        spellCheck={false}
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'ArrowDown') {
            event.preventDefault();
            props.onDown();
          } else if (event.key === 'Escape') {
            props.onChange('');
          }
        }}
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

function PublicRow(props: { dataset: PublicDataset; tabIndex: 0 | -1 }): JSX.Element {
  const { commands, trans } = useApp();
  const { dataset, tabIndex } = props;
  const { name, path, state, bytes: size, licence } = dataset;
  const id = useId();
  const title = titleOf(dataset);
  const task = useTaskOf(KINDS, name);
  const run = (command: string): void => void commands.execute(command, { public: name });
  const isFetching = state === 'fetching' || task?.kind === 'fetch-public';
  return (
    <>
      <div className="gd-Row">
        <button
          type="button"
          className="gd-Row-main"
          tabIndex={tabIndex}
          title={isHere(dataset) ? trans.__('Open %1 in a file browser', path) : title}
          aria-labelledby={`${id}name`}
          aria-describedby={`${id}details`}
          onClick={() =>
            run(
              isHere(dataset)
                ? CommandIDs.openPublic
                : isFetching
                  ? CommandIDs.aboutPublic
                  : CommandIDs.fetchPublic
            )
          }
        >
          <publicIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
          <span className="gd-Row-text">
            <span id={`${id}name`} className="gd-Row-name">
              {title}
            </span>
            <span id={`${id}details`} className="gd-Row-details">
              <State dataset={dataset} />
              {size !== null && <span>{bytes(size)}</span>}
              {licence && <span className="gd-Mount-source">{licence}</span>}
            </span>
          </span>
        </button>
        <div className="gd-Row-tools">
          {state === 'absent' && !isFetching && (
            <Button
              className="gd-Row-action"
              aria-label={trans.__('Fetch %1…', title)}
              tabIndex={tabIndex}
              onClick={() => run(CommandIDs.fetchPublic)}
            >
              {trans.__('Fetch…')}
            </Button>
          )}
          <IconButton
            icon={ellipsesIcon}
            label={trans.__('Actions for %1', title)}
            aria-haspopup="menu"
            tabIndex={tabIndex}
            onClick={event => openMenu(event.currentTarget)}
          />
        </div>
      </div>
      {(isFetching || task) && (
        <TaskProgress
          words={isFetching ? trans.__('Fetching') : trans.__('Verifying')}
          name={title}
          task={task}
        />
      )}
    </>
  );
}

function State({
  dataset: { name, path, state, source }
}: {
  dataset: PublicDataset;
}): JSX.Element | null {
  const trans = useTrans();
  if (source === 'folder') {
    return (
      <span title={trans.__('A folder that whoever runs this server has put there')}>{path}</span>
    );
  }
  if (state === 'present') {
    return (
      <Badge kind="latest" title={trans.__('All of it is here')}>
        {path}
      </Badge>
    );
  }
  return state === 'partial' ? (
    <Badge kind="warning" title={trans.__('Some files of %1 are at %2', name, path)}>
      {trans.__('partly here')}
    </Badge>
  ) : null;
}
