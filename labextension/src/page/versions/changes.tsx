/** How much a version changes against the one it started from; asked for once the row stays on screen. */

import React, { useEffect, useState } from 'react';
import type { Version } from '../../api/types';
import { useTrans } from '../../context';
import { useChanges } from '../../data/live';
import { longChanges, shortChanges } from './timeline';

const SETTLED = 120; // milliseconds on screen: rows that scroll past ask for nothing

export function Changes({ version }: { version: Version }): JSX.Element {
  const [isSettled, setSettled] = useState(false);
  useEffect(() => {
    const timer = window.setTimeout(() => setSettled(true), SETTLED);
    return () => window.clearTimeout(timer);
  }, []);
  return isSettled ? <Settled version={version} /> : <Waiting />;
}

function Settled({ version }: { version: Version }): JSX.Element {
  const trans = useTrans();
  const { data, error } = useChanges(version);
  if (error && !data) {
    return <span title={error.message}>{trans.__('Changes unknown')}</span>;
  }
  if (!data) {
    return <Waiting />;
  }
  return (
    <span className="gd-VersionChanges" title={longChanges(data, trans)}>
      <span aria-hidden="true">{shortChanges(data, trans)}</span>
      <span className="gd-visuallyHidden">{longChanges(data, trans)}</span>
    </span>
  );
}

function Waiting(): JSX.Element {
  return <span className="gd-VersionChanges gd-mod-waiting" aria-hidden="true" />;
}
