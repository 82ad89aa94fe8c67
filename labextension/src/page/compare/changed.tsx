/** The files that differ between two versions, and what differs in the selected one. */

import React, { useDeferredValue, useMemo, useState } from 'react';
import type { ChangeSummary } from '../../api/types';
import { Button } from '../../components/buttons';
import { EmptyState, ErrorMessage, Skeleton } from '../../components/states';
import { useTrans } from '../../context';
import { useChanges } from '../../data/live';
import { count } from '../../format';
import { longChanges, refOf } from '../versions/timeline';
import { KINDS, kindWord, type Kind } from './changeKind';
import { ChangeList } from './changeList';
import { Difference } from './difference';
import type { IVersionPair } from './pair';
import { useDiff } from './useDiff';

interface IFilter {
  kind: Kind | null;
  words: string;
}

export function Changed({ pair }: { pair: IVersionPair }): JSX.Element {
  const trans = useTrans();
  const { dataset, version: old } = pair.old;
  const summary = useChanges(pair.new, `${dataset}:${old}`);
  const diff = useDiff(refOf(pair.new), old, summary.data);
  const [selected, setSelected] = useState<string | null>(null);
  const [filter, setFilter] = useState<IFilter>({ kind: null, words: '' });
  const wanted = useDeferredValue(filter);
  const shown = useMemo(() => {
    const words = wanted.words.toLocaleLowerCase();
    return diff.changes.filter(
      ({ kind, path }) =>
        (wanted.kind === null || kind === wanted.kind) && path.toLocaleLowerCase().includes(words)
    );
  }, [diff.changes, wanted]);
  const change = diff.changes.find(({ path }) => path === selected);

  if (diff.isEnd && diff.changes.length === 0) {
    return (
      <EmptyState title={trans.__('No file differs')}>
        <p>{trans.__('Both versions have the same files with the same content.')}</p>
      </EmptyState>
    );
  }
  return (
    <>
      <Bar summary={summary.data} filter={filter} onFilter={setFilter} />
      <div className="gd-Compare-panes">
        <div className="gd-Compare-list">
          {diff.changes.length === 0 && diff.isLoading ? (
            <Skeleton rows={6} />
          ) : (
            <ChangeList
              changes={shown}
              selected={selected}
              onSelect={setSelected}
              onEnd={diff.more}
            />
          )}
          {diff.error && <ErrorMessage error={diff.error} onRetry={diff.more} />}
          <Progress
            shown={shown.length}
            known={diff.changes.length}
            isEnd={diff.isEnd}
            total={totalOf(summary.data)}
            onClear={() => setFilter({ kind: null, words: '' })}
          />
        </div>
        <div className="gd-Compare-detail">
          {change ? (
            <Difference
              key={`${change.path} ${change.old_hash} ${change.new_hash}`}
              changed={{ change, old: refOf(pair.old), new: refOf(pair.new) }}
            />
          ) : (
            <EmptyState title={trans.__('Select a file to see what differs in it')} />
          )}
        </div>
      </div>
    </>
  );
}

function totalOf(summary: ChangeSummary | undefined): number | null {
  return summary ? summary.added + summary.removed + summary.changed : null;
}

/** How many there are, and choosing some of them. */
function Bar(props: {
  summary: ChangeSummary | undefined;
  filter: IFilter;
  onFilter: (filter: IFilter) => void;
}): JSX.Element {
  const trans = useTrans();
  const { summary, filter, onFilter } = props;
  return (
    <div className="gd-Compare-bar">
      <p role="status" className="gd-Compare-summary">
        {summary ? longChanges(summary, trans) : trans.__('Comparing…')}
      </p>
      <div className="gd-Compare-kinds" role="group" aria-label={trans.__('Kinds of change')}>
        {KINDS.map(kind => (
          <button
            key={kind}
            type="button"
            className="gd-Toggle"
            aria-pressed={filter.kind === kind}
            onClick={() => onFilter({ ...filter, kind: filter.kind === kind ? null : kind })}
          >
            {kindWord(kind, trans)} {summary && count(summary[kind])}
          </button>
        ))}
      </div>
      <input
        type="search"
        className="jp-mod-styled"
        aria-label={trans.__('Filter files')}
        placeholder={trans.__('Filter by path')}
        value={filter.words}
        onChange={event => onFilter({ ...filter, words: event.target.value })}
      />
    </div>
  );
}

/** What the list does not show. */
function Progress(props: {
  shown: number;
  known: number;
  isEnd: boolean;
  total: number | null;
  onClear: () => void;
}): JSX.Element {
  const trans = useTrans();
  const { shown, known, isEnd, total, onClear } = props;
  const isFiltered = shown < known;
  const words = !isFiltered
    ? ''
    : isEnd
      ? trans.__('%1 of %2 files', count(shown), count(known))
      : trans.__(
          '%1 found in %2 of %3 files',
          count(shown),
          count(known),
          total === null ? '…' : count(total)
        );
  return (
    <div className="gd-Compare-progress">
      <span role="status">{words}</span>
      {isFiltered && <Button onClick={onClear}>{trans.__('Show all')}</Button>}
    </div>
  );
}
