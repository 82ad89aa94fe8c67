/** What of a version is rarely asked for: its hash, its times, what was noted with it. */

import React from 'react';
import type { Version } from '../../api/types';
import { useTrans } from '../../context';
import { count, moment } from '../../format';
import { CopyButton } from '../copyButton';
import { Provenance } from './provenance';
import { PROVENANCE, readProvenance } from './provenanceFacts';

const HASH_SHOWN = 16;

export function VersionDetails({ version }: { version: Version }): JSX.Element {
  const trans = useTrans();
  const { root, created, committed, bytes, metadata } = version;
  const provenance = readProvenance(metadata[PROVENANCE]);
  const others = Object.entries(metadata).filter(
    ([name]) => name !== PROVENANCE || provenance === null
  );
  return (
    <>
      {provenance && <Provenance version={version.version} provenance={provenance} />}
      <details className="gd-Version-details">
        <summary aria-label={trans.__('Details of %1', version.version)}>
          {trans.__('Details')}
        </summary>
        <dl className="gd-Facts">
          <dt>{trans.__('Created')}</dt>
          <dd>{moment(created)}</dd>
          {committed !== null && (
            <>
              <dt>{trans.__('Committed')}</dt>
              <dd>{moment(committed)}</dd>
            </>
          )}
          {bytes !== null && (
            <>
              <dt>{trans.__('Size')}</dt>
              <dd>{trans.__('%1 bytes', count(bytes))}</dd>
            </>
          )}
          {root !== null && (
            <>
              <dt>{trans.__('Root hash')}</dt>
              <dd
                className="gd-Facts-hash"
                title={trans.__('Equal content has an equal root hash.')}
              >
                <code>{root.slice(0, HASH_SHOWN)}…</code>
                <CopyButton text={root} label={trans.__('Copy the root hash')} />
              </dd>
            </>
          )}
          {others.map(([name, value]) => (
            <React.Fragment key={name}>
              <dt>{name}</dt>
              <dd>
                <code>{typeof value === 'string' ? value : JSON.stringify(value)}</code>
              </dd>
            </React.Fragment>
          ))}
        </dl>
      </details>
    </>
  );
}
