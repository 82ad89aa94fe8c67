/** What a version was made by: the notebook, its kernel, packages and inputs. */

import { PathExt } from '@jupyterlab/coreutils';
import React, { useState } from 'react';
import { useApp, useTrans } from '../../context';
import { CommandIDs } from '../../tokens';
import { CopyButton } from '../copyButton';
import type { IInput, IProvenance } from './provenanceFacts';

const HASH_SHOWN = 16;

export function Provenance(props: { version: string; provenance: IProvenance }): JSX.Element {
  const trans = useTrans();
  const { version, provenance } = props;
  const { notebook, notebookHash: hash, kernel, packages, inputs } = provenance;
  return (
    <details className="gd-Version-details">
      <summary aria-label={trans.__('Provenance of %1', version)}>
        {notebook ? trans.__('Made by %1', PathExt.basename(notebook)) : trans.__('Provenance')}
      </summary>
      <dl className="gd-Facts">
        {notebook && (
          <>
            <dt>{trans.__('Notebook')}</dt>
            <dd>{notebook}</dd>
          </>
        )}
        {hash && (
          <>
            <dt>{trans.__('Notebook’s hash')}</dt>
            <dd
              className="gd-Facts-hash"
              title={trans.__('BLAKE3 of its file, as it was saved last before.')}
            >
              <code>{hash.length > HASH_SHOWN ? `${hash.slice(0, HASH_SHOWN)}…` : hash}</code>
              <CopyButton text={hash} label={trans.__('Copy the hash of the notebook')} />
            </dd>
          </>
        )}
        {kernel && (
          <>
            <dt>{trans.__('Kernel')}</dt>
            <dd>{kernel}</dd>
          </>
        )}
        {inputs.length > 0 && (
          <>
            <dt>{trans.__('Inputs')}</dt>
            <dd>
              <ul className="gd-Provenance-inputs" aria-label={trans.__('Inputs of %1', version)}>
                {inputs.map((input, at) => (
                  <li key={at}>
                    <Input input={input} />
                  </li>
                ))}
              </ul>
            </dd>
          </>
        )}
      </dl>
      {packages.length > 0 && <Packages version={version} packages={packages} />}
    </details>
  );
}

/** A link to the version, where that is known. */
function Input({ input }: { input: IInput }): JSX.Element {
  const { commands, trans } = useApp();
  const { reference, dataset, version, path } = input;
  const words = reference.endsWith(`:${version}`) ? reference : `${reference} (${version})`;
  return (
    <>
      {dataset && version ? (
        <button
          type="button"
          className="gd-Link"
          title={trans.__('Show version %1', version)}
          onClick={() => void commands.execute(CommandIDs.open, { dataset, version, tab: 'files' })}
        >
          {words}
        </button>
      ) : (
        reference
      )}
      {path && <span className="gd-mod-faint"> {trans.__('at %1', path)}</span>}
    </>
  );
}

function Packages({
  version,
  packages
}: {
  version: string;
  packages: IProvenance['packages'];
}): JSX.Element {
  const trans = useTrans();
  const [search, setSearch] = useState('');
  const words = search.trim().toLowerCase();
  const found = packages.filter(({ name }) => name.toLowerCase().includes(words));
  return (
    <details className="gd-Provenance-packages">
      <summary aria-label={trans.__('Packages of %1', version)}>
        {trans._n('%1 package', '%1 packages', packages.length)}
      </summary>
      <input
        type="search"
        className="jp-mod-styled"
        aria-label={trans.__('Search packages')}
        placeholder={trans.__('Search')}
        spellCheck={false}
        value={search}
        onChange={event => setSearch(event.target.value)}
      />
      <p className="gd-visuallyHidden" role="status">
        {words && trans._n('%1 package found', '%1 packages found', found.length)}
      </p>
      {found.length > 0 ? (
        <ul tabIndex={0} aria-label={trans.__('Packages')}>
          {found.map(({ name, version: held }) => (
            <li key={name}>
              <code>
                {name} <span className="gd-mod-faint">{held}</span>
              </code>
            </li>
          ))}
        </ul>
      ) : (
        <p className="gd-mod-faint">{trans.__('No package matches “%1”.', search)}</p>
      )}
    </details>
  );
}
