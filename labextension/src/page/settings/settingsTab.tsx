/** Name and description of a dataset, facts about it, and the end of it. */

import React from 'react';
import type { Dataset } from '../../api/types';
import { Button } from '../../components/buttons';
import { useApp, useTrans } from '../../context';
import { bytes, moment } from '../../format';
import { CommandIDs } from '../../tokens';
import { CopyButton } from '../copyButton';
import type { ITab } from '../page';
import { run } from '../run';
import { DetailsForm } from './detailsForm';

export function SettingsTab({ dataset }: ITab): JSX.Element {
  return (
    <div className="gd-Settings">
      <DetailsForm key={dataset.id} dataset={dataset} />
      <Facts dataset={dataset} />
      <Danger dataset={dataset} />
    </div>
  );
}

function Facts({ dataset }: { dataset: Dataset }): JSX.Element {
  const trans = useTrans();
  const { provider } = dataset;
  const { s3 } = provider;
  return (
    <section className="gd-Settings-section">
      <h3>{trans.__('Facts')}</h3>
      <dl className="gd-Facts">
        <dt>{trans.__('Id')}</dt>
        <dd className="gd-Facts-hash">
          <code>{dataset.id}</code>
          <CopyButton text={dataset.id} label={trans.__('Copy the id of the dataset')} />
        </dd>
        <dt>{trans.__('Created')}</dt>
        <dd>{moment(dataset.created)}</dd>
        <dt>{trans.__('Changed')}</dt>
        <dd>{moment(dataset.modified)}</dd>
        <dt>{trans.__('Storage provider')}</dt>
        <dd>
          {provider.name} <code>{provider.id}</code>
        </dd>
        {s3 && (
          <>
            <dt>{trans.__('Bucket')}</dt>
            <dd>{[s3.bucket, s3.endpoint, s3.region].filter(Boolean).join(', ')}</dd>
          </>
        )}
        <dt>{trans.__('Used there')}</dt>
        <dd>
          {provider.quota_bytes === null
            ? trans.__('%1 by all datasets', bytes(provider.used_bytes))
            : trans.__(
                '%1 of %2 by all datasets',
                bytes(provider.used_bytes),
                bytes(provider.quota_bytes)
              )}
        </dd>
      </dl>
      <p className="gd-Note">
        {trans.__('A dataset stays at the storage provider it was created with.')}
      </p>
    </section>
  );
}

function Danger({ dataset }: { dataset: Dataset }): JSX.Element {
  const app = useApp();
  const { trans } = app;
  return (
    <section className="gd-Settings-section gd-mod-danger">
      <h3>{trans.__('Move to trash')}</h3>
      <p>
        {trans.__(
          'The dataset disappears with all its versions and tags. It can be restored from the trash for some time.'
        )}
      </p>
      <Button
        isDangerous
        onClick={() => void run(app, CommandIDs.deleteDataset, { dataset: dataset.id })}
      >
        {trans.__('Move to trash…')}
      </Button>
    </section>
  );
}
