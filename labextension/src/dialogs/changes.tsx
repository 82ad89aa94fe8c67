/** What a version that is to be committed changes: how much, and its biggest files. */

import React from 'react';
import type { Change, ChangeSummary, Version } from '../api/types';
import { Loaded } from '../components/states';
import { useTrans } from '../context';
import { useChangedFiles, useChanges } from '../data/live';
import { bytes, count, files } from '../format';

const SHOWN = 6;

export function Changes({ version }: { version: Version }): JSX.Element {
  const trans = useTrans();
  return (
    <section className="gd-Changes" aria-label={trans.__('Changes')}>
      <Loaded live={useChanges(version)} rows={2}>
        {summary => <Summary summary={summary} version={version} />}
      </Loaded>
    </section>
  );
}

function Summary(props: { summary: ChangeSummary; version: Version }): JSX.Element {
  const trans = useTrans();
  const { added, changed, removed, bytes_added: more, bytes_removed: less } = props.summary;
  if (added + changed + removed === 0) {
    return (
      <p>
        {props.version.parent
          ? trans.__('Nothing has changed since the version it started from.')
          : trans.__('It has no files yet.')}
      </p>
    );
  }
  const parts = [
    added && trans.__('%1 added', files(added, trans)),
    changed && trans.__('%1 changed', files(changed, trans)),
    removed && trans.__('%1 removed', files(removed, trans))
  ].filter(Boolean);
  return (
    <>
      <p>
        {parts.join(', ')}{' '}
        <span className="gd-Changes-bytes">
          {[more && `+${bytes(more)}`, less && `−${bytes(less)}`].filter(Boolean).join(' ')}
        </span>
      </p>
      <Biggest version={props.version} total={added + changed + removed} />
    </>
  );
}

function Biggest({ version, total }: { version: Version; total: number }): JSX.Element {
  const trans = useTrans();
  const sizeOf = ({ new_size: now, old_size: before }: Change): number => now ?? before ?? 0;
  return (
    <Loaded live={useChangedFiles(version)} rows={3}>
      {found => {
        const shown = [...found].sort((a, b) => sizeOf(b) - sizeOf(a)).slice(0, SHOWN);
        return (
          <ul className="gd-Changes-files">
            {shown.map(change => (
              <li key={change.path}>
                <Mark kind={change.kind} />
                <span className="gd-Changes-path" title={change.path}>
                  {change.path}
                </span>
                <span className="gd-Changes-bytes">{bytes(sizeOf(change))}</span>
              </li>
            ))}
            {total > shown.length && (
              <li className="gd-Changes-more">
                {trans._n(
                  'and %2 more',
                  'and %2 more',
                  total - shown.length,
                  count(total - shown.length)
                )}
              </li>
            )}
          </ul>
        );
      }}
    </Loaded>
  );
}

function Mark({ kind }: { kind: Change['kind'] }): JSX.Element {
  const trans = useTrans();
  const words = {
    added: trans.__('added'),
    changed: trans.__('changed'),
    removed: trans.__('removed')
  };
  const signs = { added: '+', changed: '~', removed: '−' };
  const key = kind as keyof typeof words;
  return (
    <span className={`gd-Changes-mark gd-mod-${key}`} title={words[key]}>
      <span aria-hidden="true">{signs[key]}</span>
      <span className="gd-visuallyHidden">{words[key]}</span>
    </span>
  );
}
