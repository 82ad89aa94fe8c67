/** The history of a dataset: its versions, newest first. */

import { addIcon } from '@jupyterlab/ui-components';
import { useVirtualizer } from '@tanstack/react-virtual';
import React, { useDeferredValue, useMemo, useRef, useState } from 'react';
import type { Version } from '../../api/types';
import { Button } from '../../components/buttons';
import { EmptyState, Loaded } from '../../components/states';
import { useApp, useTrans } from '../../context';
import { useVersions } from '../../data/live';
import { versionIcon } from '../../icons';
import { CommandIDs } from '../../tokens';
import type { ITab } from '../page';
import { run } from '../run';
import { matches, parentOf, sortVersions } from './timeline';
import { VersionRow } from './versionRow';

const ROW_HEIGHT = 136; // pixels, until a row has been measured
const MANY = 10; // versions from which on a filter helps

export function VersionsTab(props: ITab): JSX.Element {
  return (
    <Loaded live={useVersions(props.dataset.id)} rows={8}>
      {versions =>
        versions.length === 0 ? (
          <NoVersions {...props} />
        ) : (
          <Timeline {...props} versions={versions} />
        )
      }
    </Loaded>
  );
}

function NoVersions({ dataset }: ITab): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState icon={versionIcon} title={trans.__('No versions yet')}>
      <p>
        {trans.__(
          'A version holds files. While it is uncommitted, files come and go; once committed it never changes, and can be used by its id for ever.'
        )}
      </p>
      <NewVersion dataset={dataset.id} isPrimary />
    </EmptyState>
  );
}

function NewVersion(props: { dataset: string; isPrimary?: boolean }): JSX.Element {
  const app = useApp();
  return (
    <Button
      icon={addIcon}
      isPrimary={props.isPrimary}
      onClick={() => void run(app, CommandIDs.newVersion, { dataset: props.dataset })}
    >
      {app.trans.__('New version')}
    </Button>
  );
}

function Timeline(props: ITab & { versions: readonly Version[] }): JSX.Element {
  const { dataset, versions, onState } = props;
  const trans = useTrans();
  const [words, setWords] = useState('');
  const wanted = useDeferredValue(words);
  const sorted = useMemo(() => sortVersions(versions), [versions]);
  const shown = useMemo(() => sorted.filter(version => matches(version, wanted)), [sorted, wanted]);
  const tags = useMemo(
    () => sorted.flatMap(({ tags, version }) => tags.map(name => ({ name, version }))),
    [sorted]
  );
  const scroller = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: at => shown[at].version,
    overscan: 3
  });

  const goTo = (id: string): void => {
    const at = shown.findIndex(({ version }) => version === id);
    rows.scrollToIndex(at, { align: 'center' });
    // The row may have to be drawn first.
    window.setTimeout(() => {
      const row = scroller.current?.querySelector<HTMLElement>(`[data-version="${id}"]`);
      row?.focus({ preventScroll: true });
    }, 100);
  };

  return (
    <div className="gd-Timeline">
      <div className="gd-Timeline-bar">
        {versions.length > MANY && (
          <input
            type="search"
            className="jp-mod-styled"
            aria-label={trans.__('Filter versions')}
            placeholder={trans.__('Filter by message, id, author or tag')}
            value={words}
            onChange={event => setWords(event.target.value)}
          />
        )}
        <span className="gd-Timeline-count" role="status">
          {shown.length === versions.length
            ? trans._n('%1 version', '%1 versions', versions.length)
            : trans.__('%1 of %2 versions', shown.length, versions.length)}
        </span>
        <NewVersion dataset={dataset.id} />
      </div>
      <div ref={scroller} className="gd-Timeline-scroller">
        {shown.length === 0 && (
          <EmptyState title={trans.__('No version has “%1”.', wanted)}>
            <Button onClick={() => setWords('')}>{trans.__('Show all')}</Button>
          </EmptyState>
        )}
        <ol
          className="gd-Timeline-list"
          aria-label={trans.__('Versions of %1', dataset.name)}
          style={{ height: rows.getTotalSize() }}
        >
          {rows.getVirtualItems().map(({ index, key, start }) => {
            const version = shown[index];
            const parent = parentOf(version);
            const isShown = shown.some(other => other.version === parent);
            return (
              <li
                key={key}
                ref={rows.measureElement}
                data-index={index}
                data-version={version.version}
                tabIndex={-1}
                aria-setsize={shown.length}
                aria-posinset={index + 1}
                className="gd-Timeline-item"
                style={{ transform: `translateY(${start}px)` }}
              >
                <VersionRow
                  dataset={dataset}
                  version={version}
                  tags={tags}
                  onState={onState}
                  onParent={parent !== null && isShown ? () => goTo(parent) : undefined}
                />
              </li>
            );
          })}
        </ol>
      </div>
    </div>
  );
}
