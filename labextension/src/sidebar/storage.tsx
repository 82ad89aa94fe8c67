/** Storage providers with what they hold, and the shared storage folder. */

import { ellipsesIcon, folderIcon } from '@jupyterlab/ui-components';
import React, { useId } from 'react';
import type { Provider, ProviderKind } from '../api/types';
import { Button, IconButton } from '../components/buttons';
import { Badge } from '../components/small';
import { Loaded } from '../components/states';
import { useApp, useTrans } from '../context';
import { useProviders } from '../data/live';
import { bytes } from '../format';
import { CommandIDs } from '../tokens';
import { KeptFocus } from './keptFocus';
import { isMenuKey, openMenu } from './menu';
import { WorkspaceRow } from './workspace';

const NEARLY_FULL = 0.9;

export function StorageSection(): JSX.Element {
  const { commands, trans } = useApp();
  return (
    <KeptFocus>
      <ul className="gd-Places">
        <li className="gd-Row">
          <button
            type="button"
            className="gd-Row-main"
            title={trans.__('Open the shared storage folder in a file browser')}
            onClick={() => void commands.execute(CommandIDs.browseStorage)}
          >
            <folderIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
            <span className="gd-Row-text">
              <span className="gd-Row-name">/storage</span>
              <span className="gd-Row-details">{trans.__('files shared by all notebooks')}</span>
            </span>
          </button>
        </li>
        <WorkspaceRow />
      </ul>
      <Loaded live={useProviders()} rows={2}>
        {providers => (
          <ul className="gd-Places" aria-label={trans.__('Storage providers')}>
            {providers.map(provider => (
              <li
                key={provider.id}
                className="gd-ProviderRow"
                data-gd-row=""
                data-provider={provider.id}
                data-kind={provider.kind}
              >
                <ProviderRow provider={provider} />
              </li>
            ))}
          </ul>
        )}
      </Loaded>
      <Button
        className="gd-Storage-add"
        onClick={() => void commands.execute(CommandIDs.addProvider)}
      >
        {trans.__('Add storage provider…')}
      </Button>
    </KeptFocus>
  );
}

function ProviderRow({ provider }: { provider: Provider }): JSX.Element {
  const trans = useTrans();
  const { name, kind, s3, is_team_default: isDefault } = provider;
  const kinds: Record<ProviderKind, string> = {
    managed: trans.__('on this server'),
    'aws-s3': trans.__('AWS S3'),
    spaces: trans.__('DigitalOcean Spaces'),
    's3-compatible': trans.__('S3-compatible')
  };
  return (
    <>
      <div className="gd-ProviderRow-head">
        <span className="gd-Row-name" title={name}>
          {name}
        </span>
        {isDefault && (
          <Badge title={trans.__('New datasets are kept here')}>{trans.__('default')}</Badge>
        )}
        <IconButton
          icon={ellipsesIcon}
          label={trans.__('Actions for %1', name)}
          aria-haspopup="menu"
          onClick={event => openMenu(event.currentTarget)}
          onKeyDown={event => {
            if (isMenuKey(event)) {
              event.preventDefault();
              openMenu(event.currentTarget);
            }
          }}
        />
      </div>
      <div className="gd-Row-details">
        <span>{kinds[kind]}</span>
        {s3 && s3.bucket !== name && <span title={s3.endpoint ?? undefined}>{s3.bucket}</span>}
      </div>
      <Usage provider={provider} />
    </>
  );
}

function Usage({ provider }: { provider: Provider }): JSX.Element {
  const trans = useTrans();
  const id = useId();
  const { name, used_bytes: used, quota_bytes: quota } = provider;
  if (quota === null) {
    return <div className="gd-Usage">{trans.__('%1 used', bytes(used))}</div>;
  }
  const share = quota > 0 ? Math.min(1, used / quota) : 1;
  const isNearlyFull = share >= NEARLY_FULL;
  const words = trans.__('%1 of %2 used', bytes(used), bytes(quota));
  return (
    <div className={`gd-Usage ${isNearlyFull ? 'gd-mod-nearlyFull' : ''}`}>
      <div
        className="gd-Meter"
        role="meter"
        aria-label={trans.__('Used space of %1', name)}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(share * 100)}
        aria-valuetext={words}
        aria-describedby={id}
      >
        <div style={{ width: `${share * 100}%` }} />
      </div>
      <span id={id}>
        {words}
        {isNearlyFull && <strong> {share < 1 ? trans.__('Nearly full') : trans.__('Full')}</strong>}
      </span>
    </div>
  );
}
