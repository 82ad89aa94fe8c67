/** Name, id, description and provider of a dataset, and the next thing to do with it. */

import { Clipboard } from '@jupyterlab/apputils';
import { checkIcon, copyIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useState } from 'react';
import type { Dataset, ProviderKind, Version } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { Badge } from '../components/small';
import { useApp, useTrans } from '../context';
import { bytes, files } from '../format';
import { CommandIDs } from '../tokens';
import { Description } from './description';
import type { ITab } from './page';
import { run } from './run';
import { useShownVersion } from './shownVersion';

const COPIED = 2_000; // milliseconds for which it says so

export function Header(props: ITab): JSX.Element {
  const { dataset } = props;
  const trans = useTrans();
  return (
    <header className="gd-Header">
      <div className="gd-Header-main">
        <h2 className="gd-Header-name" title={dataset.name}>
          {dataset.name}
        </h2>
        <div className="gd-Header-facts">
          <DatasetId id={dataset.id} />
          <Provider dataset={dataset} />
          {dataset.files !== null && (
            <span title={trans.__('Of the newest committed version')}>
              {trans.__('%1, %2', files(dataset.files, trans), bytes(dataset.bytes ?? 0))}
            </span>
          )}
          {dataset.uncommitted > 0 && (
            <Badge kind="warning">{trans.__('%1 uncommitted', dataset.uncommitted)}</Badge>
          )}
        </div>
        <Description dataset={dataset} />
      </div>
      <NextStep {...props} />
    </header>
  );
}

function DatasetId({ id }: { id: string }): JSX.Element {
  const trans = useTrans();
  const [isCopied, setIsCopied] = useState(false);
  useEffect(() => {
    if (isCopied) {
      const timer = setTimeout(() => setIsCopied(false), COPIED);
      return () => clearTimeout(timer);
    }
  }, [isCopied]);
  const copy = (): void => {
    Clipboard.copyToSystem(id);
    setIsCopied(true);
  };
  return (
    <span className="gd-Header-id">
      <code>{id}</code>
      <IconButton
        icon={isCopied ? checkIcon : copyIcon}
        label={trans.__('Copy dataset id')}
        onClick={copy}
      />
      <span role="status" className="gd-Header-copied">
        {isCopied && trans.__('Copied')}
      </span>
    </span>
  );
}

function Provider({ dataset: { provider } }: { dataset: Dataset }): JSX.Element {
  const trans = useTrans();
  const kinds: Record<ProviderKind, string> = {
    managed: trans.__('Gradient Managed'),
    'aws-s3': trans.__('AWS S3'),
    spaces: trans.__('DigitalOcean Spaces'),
    's3-compatible': trans.__('S3-compatible')
  };
  const kind = kinds[provider.kind];
  return (
    <span title={trans.__('Storage provider')}>
      {provider.name === kind ? kind : trans.__('%1 (%2)', provider.name, kind)}
    </span>
  );
}

/** The one thing that makes most sense now. */
function NextStep({ dataset, state, onState }: ITab): JSX.Element | null {
  const app = useApp();
  const { trans } = app;
  const { live, version } = useShownVersion(dataset, state.version);
  if (live.data === undefined) {
    return null;
  }
  if (version && version.state !== 'committed') {
    const args = { dataset: dataset.id, version: version.version };
    return (
      <Button
        isPrimary
        disabled={version.state === 'committing'}
        onClick={() => void run(app, CommandIDs.commit, args)}
      >
        {version.state === 'committing' ? trans.__('Committing…') : trans.__('Commit…')}
      </Button>
    );
  }
  const begin = async (): Promise<void> => {
    const made = await run<Version | null>(app, CommandIDs.newVersion, { dataset: dataset.id });
    if (made) {
      onState({ tab: 'files', version: made.version, path: '' });
    }
  };
  return (
    <Button isPrimary onClick={() => void begin()}>
      {live.data.length === 0 ? trans.__('Add files') : trans.__('New version')}
    </Button>
  );
}
