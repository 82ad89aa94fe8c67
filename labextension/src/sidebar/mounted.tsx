/** What is mounted in this notebook run, its outputs, and how kernels see them. */

import { infoIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';
import type { Mount, Volumes } from '../api/types';
import { Button } from '../components/buttons';
import { EmptyState, Loaded } from '../components/states';
import { useApp, useTrans } from '../context';
import { useMounts, useOutputs, useVolumes } from '../data/live';
import { mountIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { KeptFocus } from './keptFocus';
import { MountRow } from './mountRow';
import { OutputRow } from './outputRow';
import { RowList } from './rowFocus';

export function MountedSection(): JSX.Element {
  const trans = useTrans();
  const mounts = useMounts();
  const outputs = useOutputs().data ?? [];
  return (
    <KeptFocus>
      <ViewNote modes={['environment', 'off']} />
      <Loaded live={mounts} rows={3}>
        {mounted => (
          <>
            <Announcement mounts={mounted} />
            {mounted.length > 0 ? (
              <RowList label={trans.__('Mounted')}>
                {mounted.map(mount => (
                  <MountRow key={mount.name} mount={mount} />
                ))}
              </RowList>
            ) : (
              outputs.length === 0 && <NothingMounted />
            )}
            {outputs.length > 0 && (
              <RowList label={trans.__('Outputs')}>
                {outputs.map(output => (
                  <OutputRow key={output.name} output={output} />
                ))}
              </RowList>
            )}
            {mounted.length + outputs.length > 0 && (
              <p className="gd-Mounted-more">
                <NewOutput />
              </p>
            )}
          </>
        )}
      </Loaded>
      <ViewNote modes={['links']} />
    </KeptFocus>
  );
}

function NothingMounted(): JSX.Element {
  const { commands, trans } = useApp();
  return (
    <EmptyState icon={mountIcon} title={trans.__('Nothing mounted yet')}>
      <p>
        {trans.__(
          'Mount a version of a dataset, and its files are at /inputs in every kernel and terminal, also in those that run already.'
        )}
      </p>
      <Button onClick={() => void commands.execute(CommandIDs.mount)}>
        {trans.__('Mount dataset…')}
      </Button>
      <NewOutput />
    </EmptyState>
  );
}

/** The section's own button mounts; this is the other way round. */
function NewOutput(): JSX.Element {
  const { commands, trans } = useApp();
  return (
    <button
      type="button"
      className="gd-Link"
      onClick={() => void commands.execute(CommandIDs.newOutput)}
    >
      {trans.__('New output…')}
    </button>
  );
}

/** Tells a screen reader what has become of mounts; from the second look on. */
function Announcement({ mounts }: { mounts: readonly Mount[] }): JSX.Element {
  const trans = useTrans();
  const before = useRef<readonly Mount[] | null>(null);
  const [words, setWords] = useState('');
  useEffect(() => {
    const known = before.current;
    before.current = mounts;
    if (known !== null) {
      const news = changesOf(known, mounts).map(({ name, state, path, version }) => {
        const sentences = {
          mounting: trans.__('%1 is being mounted.', name),
          mounted: trans.__('Version %1 is mounted at %2.', version ?? '', path),
          failed: trans.__('%1 could not be mounted.', name)
        };
        return sentences[state];
      });
      if (news.length > 0) {
        setWords(news.join(' '));
      }
    }
  }, [mounts, trans]);
  return (
    <p className="gd-visuallyHidden" role="status">
      {words}
    </p>
  );
}

function changesOf(before: readonly Mount[], now: readonly Mount[]): Mount[] {
  const stateOf = ({ state, version }: Mount): string => `${state} ${version ?? ''}`;
  const known = new Map(before.map(mount => [mount.name, stateOf(mount)]));
  return now.filter(mount => known.get(mount.name) !== stateOf(mount));
}

/** Said only where kernels do not have the paths as they are meant to be. */
function ViewNote({ modes }: { modes: readonly Volumes['mode'][] }): JSX.Element | null {
  const trans = useTrans();
  const volumes = useVolumes().data;
  if (!volumes || volumes.mode === 'namespace' || !modes.includes(volumes.mode)) {
    return null;
  }
  const words: Record<Exclude<Volumes['mode'], 'namespace'>, string> = {
    links: trans.__('Kernels see /inputs and the other volumes by links here.'),
    environment: trans.__(
      'Kernels have no /inputs here: use the paths that “Copy path” gives. Our own libraries take both.'
    ),
    off: trans.__('Kernels have no /inputs here: use the paths that “Copy path” gives.')
  };
  return (
    <details className="gd-ViewNote">
      <summary>
        <infoIcon.react tag="span" aria-hidden="true" />
        <span>{words[volumes.mode]}</span>
      </summary>
      <p>{trans.__('Why: %1', volumes.reason)}</p>
    </details>
  );
}
