/** A chooser of a version. */

import { HTMLSelect } from '@jupyterlab/ui-components';
import React, { useId, useMemo } from 'react';
import type { Dataset } from '../../api/types';
import { useTrans } from '../../context';
import { useVersions } from '../../data/live';
import { isCommitted, sortVersions } from './timeline';

export function VersionSelect(props: {
  dataset: Dataset;
  value: string;
  label: string;
  onChange: (version: string) => void;
  committedOnly?: boolean;
}): JSX.Element {
  const { dataset, committedOnly } = props;
  const trans = useTrans();
  const id = useId();
  const { data = [] } = useVersions(dataset.id);
  const versions = useMemo(
    () => sortVersions(data).filter(version => !committedOnly || isCommitted(version)),
    [data, committedOnly]
  );
  return (
    <div className="gd-VersionSelect">
      <label htmlFor={id}>{props.label}</label>
      <HTMLSelect
        id={id}
        value={props.value}
        onChange={event => props.onChange(event.target.value)}
      >
        {versions.map(({ version, message, tags, state }) => (
          <option key={version} value={version}>
            {[
              version,
              version === dataset.latest ? trans.__('latest') : '',
              state === 'committed' ? '' : trans.__('uncommitted'),
              ...tags,
              message.split('\n')[0]
            ]
              .filter(Boolean)
              .join(' · ')}
          </option>
        ))}
      </HTMLSelect>
    </div>
  );
}
