/** Choosing a version of a dataset: a select element, so that keys, screen readers and phones work as they know it. */

import { caretDownEmptyIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { Version } from '../api/types';
import { useTrans } from '../context';
import { ago } from '../format';
import { findVersion, latestOf } from './shownVersion';

const LONGEST = 60; // characters of a message in the list

export function VersionPicker(props: {
  /** All of a dataset, newest first. */
  versions: readonly Version[];
  /** Version id, tag or `latest`. */
  value: string;
  onChange: (value: string) => void;
  /** What the version is chosen for; `Version` otherwise. */
  label?: string;
}): JSX.Element {
  const { versions, value, onChange } = props;
  const trans = useTrans();
  const latest = latestOf(versions);
  const work = versions.filter(version => version.state !== 'committed');
  const committed = versions.filter(version => version.state === 'committed');
  const tags = committed
    .flatMap(version => version.tags.map(tag => ({ tag, version })))
    .sort((a, b) => (a.tag < b.tag ? -1 : 1));
  const isKnown = findVersion(versions, value) !== null;

  const describe = ({ version, message, created }: Version): string =>
    message
      ? trans.__('%1 (%2, %3)', shorten(message), version, ago(created))
      : trans.__('%1 (%2)', version, ago(created));

  return (
    <div className="jp-select-wrapper gd-VersionPicker">
      <select
        className="jp-mod-styled"
        aria-label={props.label ?? trans.__('Version')}
        value={value}
        onChange={event => onChange(event.target.value)}
      >
        {!isKnown && (
          <option value={value}>
            {value === 'latest' ? trans.__('No committed version') : trans.__('%1 (gone)', value)}
          </option>
        )}
        {latest && <option value="latest">{trans.__('latest: %1', describe(latest))}</option>}
        {work.length > 0 && (
          <optgroup label={trans.__('Uncommitted')}>
            {work.map(version => (
              <option key={version.version} value={version.version}>
                {trans.__('%1, uncommitted', describe(version))}
              </option>
            ))}
          </optgroup>
        )}
        {tags.length > 0 && (
          <optgroup label={trans.__('Tags')}>
            {tags.map(({ tag, version }) => (
              <option key={tag} value={tag}>
                {trans.__('%1: %2', tag, describe(version))}
              </option>
            ))}
          </optgroup>
        )}
        {committed.length > 0 && (
          <optgroup label={trans.__('Versions')}>
            {committed.map(version => (
              <option key={version.version} value={version.version}>
                {describe(version)}
              </option>
            ))}
          </optgroup>
        )}
      </select>
      <caretDownEmptyIcon.react tag="span" aria-hidden="true" />
    </div>
  );
}

function shorten(message: string): string {
  const line = message.split('\n')[0];
  return line.length > LONGEST ? `${line.slice(0, LONGEST - 1)}…` : line;
}
