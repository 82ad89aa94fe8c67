/** How to use a version: snippets for the chosen reference. */

import React, { useId, useMemo, useState } from 'react';
import type { Mount, Version } from '../../api/types';
import { Button } from '../../components/buttons';
import { EmptyState, Loaded } from '../../components/states';
import { useApp, useTrans } from '../../context';
import { mountsOf, useMounts, useVersions, useVolumes } from '../../data/live';
import { kernelPath } from '../../data/paths';
import { mountIcon, versionIcon } from '../../icons';
import { CommandIDs } from '../../tokens';
import { CopyButton } from '../copyButton';
import type { ITab } from '../page';
import { VersionPicker } from '../versionPicker';
import { isCommitted, sortVersions } from '../versions/timeline';
import { Snippet } from './snippet';
import {
  getMagic,
  mountedSnippet,
  mountMagic,
  pythonSnippet,
  referenceTo,
  settingsSnippet,
  shellCellSnippet,
  shellSnippet,
  urlSnippet,
  workflowSnippet
} from './snippets';
import { useTable } from './useTable';

export function UseTab(props: ITab): JSX.Element {
  const { dataset, state } = props;
  return (
    <Loaded live={useVersions(dataset.id)} rows={8}>
      {versions => {
        const committed = sortVersions(versions).filter(isCommitted);
        const asked = state.version ?? 'latest';
        const version =
          committed.find(({ version: id, tags }) => id === asked || tags.includes(asked)) ??
          committed.find(({ version: id }) => id === dataset.latest) ??
          committed[0];
        return version ? (
          <Chosen key={version.version} {...props} versions={committed} version={version} />
        ) : (
          <None {...props} />
        );
      }}
    </Loaded>
  );
}

function None({ onState }: ITab): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState icon={versionIcon} title={trans.__('Nothing to use yet')}>
      <p>
        {trans.__(
          'Once a version is committed, what you need to use it in a notebook, a terminal or a workflow is here.'
        )}
      </p>
      <Button isPrimary onClick={() => onState({ tab: 'versions' })}>
        {trans.__('Versions')}
      </Button>
    </EmptyState>
  );
}

function Chosen(props: ITab & { versions: readonly Version[]; version: Version }): JSX.Element {
  const { dataset, state, onState, versions, version } = props;
  const trans = useTrans();
  const id = version.version;
  const isLatest = dataset.latest === id;
  const selectors = useMemo(
    () => [...(isLatest ? ['latest'] : []), ...version.tags, id],
    [isLatest, version.tags, id]
  );
  const asked = state.version ?? 'latest';
  const [wanted, setWanted] = useState(asked);
  const selector = selectors.includes(wanted) ? wanted : id;
  const reference = referenceTo(dataset, id, selector);
  return (
    <div className="gd-Use">
      <div className="gd-Use-choice">
        <div className="gd-Labelled">
          <span aria-hidden="true">{trans.__('Version')}</span>
          <VersionPicker
            versions={versions}
            value={selector}
            onChange={chosen => {
              setWanted(chosen);
              onState({ version: chosen });
            }}
          />
        </div>
        <References
          version={version}
          selectors={selectors}
          selector={selector}
          onSelect={setWanted}
        />
        <p className="gd-Use-reference">
          <span>{trans.__('Reference')}</span> <code>{reference}</code>
          <CopyButton text={reference} label={trans.__('Copy the reference')} />
        </p>
      </div>
      <Snippets name={dataset.name} version={version} selector={selector} reference={reference} />
    </div>
  );
}

function References(props: {
  version: Version;
  selectors: readonly string[];
  selector: string;
  onSelect: (selector: string) => void;
}): JSX.Element {
  const trans = useTrans();
  const group = useId();
  const { version, selectors, selector, onSelect } = props;
  const words = (one: string): string => {
    if (one === version.version) {
      return trans.__('Exactly this version, by ids: the same files for ever');
    }
    return one === 'latest'
      ? trans.__('Always the latest: the newest committed version, whichever it is then')
      : trans.__('Whatever the tag %1 points to then', one);
  };
  return (
    <fieldset className="gd-Use-references">
      <legend>{trans.__('Which files')}</legend>
      {selectors.map(one => (
        <label key={one} className="gd-Check">
          <input
            type="radio"
            name={group}
            checked={one === selector}
            onChange={() => onSelect(one)}
          />
          {words(one)}
        </label>
      ))}
    </fieldset>
  );
}

function Snippets(props: {
  name: string;
  version: Version;
  selector: string;
  reference: string;
}): JSX.Element {
  const trans = useTrans();
  const { name, version, reference } = props;
  const table = useTable({ dataset: version.dataset, version: version.version });
  const use = { reference, name, table: table ?? null };
  return (
    <>
      <Mounted name={name} version={version} table={use.table} selector={props.selector} />
      <Snippet
        title={trans.__('Magic')}
        help={trans.__(
          'Mounts it from a cell. In a kernel of another server, %load_ext jupyter_gradient_data comes first.'
        )}
        text={mountMagic(use)}
        isForNotebook
      />
      <Snippet
        title={trans.__('Magic to copy')}
        help={trans.__('Copies its files into a folder, from a cell.')}
        text={getMagic(use)}
        isForNotebook
      />
      <Snippet
        title={trans.__('URL')}
        help={trans.__(
          'For pandas, Polars, PyArrow, DuckDB, Zarr and all else that builds on fsspec. Only what is needed is read.'
        )}
        text={urlSnippet(use)}
        isForNotebook
      />
      <Snippet
        title={trans.__('Python')}
        help={trans.__('Fetched when it is first used; a second run fetches nothing again.')}
        text={pythonSnippet(use)}
        isForNotebook
      />
      <Snippet
        title={trans.__('Notebook cell')}
        help={trans.__('The command, in a cell.')}
        text={shellCellSnippet(use)}
        isForNotebook
      />
      <Snippet
        title={trans.__('Command line')}
        help={trans.__('In a terminal where jupyter-gradient-data is installed.')}
        text={shellSnippet(use)}
      />
      <Snippet
        title={trans.__('Workflow')}
        help={trans.__('An input of a job, for workflow files (.gradient/workflows/*.yaml).')}
        text={workflowSnippet(use)}
      />
      <Snippet
        title={trans.__('Workspace')}
        help={trans.__('Mounts it whenever a server starts with this in its workspace.')}
        text={settingsSnippet(use)}
      />
    </>
  );
}

/** Where it is mounted, or would be. */
function Mounted(props: {
  name: string;
  version: Version;
  table: string | null;
  /** Version id, tag or `latest`. */
  selector: string;
}): JSX.Element {
  const { commands, trans } = useApp();
  const { name, version, table, selector } = props;
  const mode = useVolumes().data?.mode;
  const mount = mountsOf(useMounts().data, version)[0] as Mount | undefined;
  const path = mount ? kernelPath(mount, mode) : `/inputs/${name}`;
  return (
    <Snippet
      title={trans.__('Mounted')}
      help={
        mount
          ? trans.__('Its files are at %1 in all kernels and terminals.', path)
          : trans.__('Mount it, and its files are at %1 in all kernels and terminals.', path)
      }
      text={mountedSnippet(path, table)}
      isForNotebook
    >
      {mount === undefined && (
        <Button
          isPrimary
          icon={mountIcon}
          aria-label={trans.__('Mount %1', selector)}
          onClick={() =>
            void commands.execute(CommandIDs.mount, { dataset: version.dataset, version: selector })
          }
        >
          {trans.__('Mount')}
        </Button>
      )}
    </Snippet>
  );
}
