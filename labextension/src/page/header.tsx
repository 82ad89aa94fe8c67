/** Name, id, description and provider of a dataset, and the next thing to do with it. */

import React from 'react';
import type { Dataset, ProviderKind, Version } from '../api/types';
import { Button } from '../components/buttons';
import { Badge } from '../components/small';
import { useApp, useTrans } from '../context';
import { bytes, files } from '../format';
import { mountIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { CopyButton } from './copyButton';
import { Description } from './description';
import type { ITab } from './page';
import { useShownVersion } from './shownVersion';

export function Header(props: ITab): JSX.Element {
  const { dataset } = props;
  const trans = useTrans();
  return (
    <div className="gd-Header">
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
    </div>
  );
}

function DatasetId({ id }: { id: string }): JSX.Element {
  const trans = useTrans();
  return (
    <span className="gd-Header-id">
      <code>{id}</code>
      <CopyButton text={id} label={trans.__('Copy dataset id')} />
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
  const { commands, trans } = useApp();
  const { live, version } = useShownVersion(dataset, state.version);
  if (live.data === undefined) {
    return null;
  }
  const begin = async (): Promise<void> => {
    const args = { dataset: dataset.id };
    const made: Version | null = await commands.execute(CommandIDs.newVersion, args);
    if (made) {
      onState({ tab: 'files', version: made.version, path: '' });
    }
  };
  const isOpen = version !== null && version.state !== 'committed';
  return (
    <div className="gd-Header-actions">
      {version && !isOpen && <MountButton dataset={dataset} version={version} />}
      {/* One button, whatever it does: the focus stays on it when a commit has ended. */}
      {isOpen ? (
        <Button
          key="next"
          isPrimary
          disabled={version.state === 'committing'}
          onClick={() =>
            void commands.execute(CommandIDs.commit, {
              dataset: dataset.id,
              version: version.version
            })
          }
        >
          {version.state === 'committing' ? trans.__('Committing…') : trans.__('Commit…')}
        </Button>
      ) : (
        <Button key="next" isPrimary onClick={() => void begin()}>
          {live.data.length === 0 ? trans.__('Add files') : trans.__('New version')}
        </Button>
      )}
    </div>
  );
}

function MountButton(props: { dataset: Dataset; version: Version }): JSX.Element {
  const { commands, trans } = useApp();
  const { dataset, version } = props;
  return (
    <Button
      icon={mountIcon}
      title={trans.__('Make this version appear in /inputs of all kernels')}
      onClick={() =>
        void commands.execute(CommandIDs.mount, {
          dataset: dataset.id,
          ...(version.version !== dataset.latest && { version: version.version })
        })
      }
    >
      {trans.__('Mount')}
    </Button>
  );
}
