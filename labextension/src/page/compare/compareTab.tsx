/** What differs between two versions. */

import React, { useMemo } from 'react';
import type { Version } from '../../api/types';
import { Button } from '../../components/buttons';
import { EmptyState, Loaded } from '../../components/states';
import { useApp, useTrans } from '../../context';
import { useVersions } from '../../data/live';
import { compareIcon } from '../../icons';
import { CommandIDs } from '../../tokens';
import type { ITab } from '../page';
import { run } from '../run';
import { VersionPicker } from '../versionPicker';
import { sortVersions } from '../versions/timeline';
import { Changed } from './changed';
import { choosePair, type IVersionPair } from './pair';

export function CompareTab(props: ITab): JSX.Element {
  return (
    <Loaded live={useVersions(props.dataset.id)} rows={8}>
      {versions => <Chosen {...props} versions={versions} />}
    </Loaded>
  );
}

function Chosen(props: ITab & { versions: readonly Version[] }): JSX.Element {
  const { dataset, state, versions } = props;
  const sorted = useMemo(() => sortVersions(versions), [versions]);
  const pair = choosePair(sorted, dataset.latest, state);
  return pair ? <Compared {...props} versions={sorted} pair={pair} /> : <TooFew {...props} />;
}

function TooFew({ dataset, versions }: ITab & { versions: readonly Version[] }): JSX.Element {
  const app = useApp();
  const { trans } = app;
  const from = dataset.latest;
  return (
    <EmptyState icon={compareIcon} title={trans.__('Nothing to compare with yet')}>
      <p>
        {versions.length === 0
          ? trans.__('Two versions can be compared. This dataset has none yet.')
          : trans.__(
              'Two versions can be compared. Start a second one from the first: it has the same files until you change them.'
            )}
      </p>
      {(versions.length === 0 || from !== null) && (
        <Button
          isPrimary
          onClick={() =>
            void run(app, CommandIDs.newVersion, {
              dataset: dataset.id,
              ...(from === null ? {} : { from })
            })
          }
        >
          {trans.__('New version')}
        </Button>
      )}
    </EmptyState>
  );
}

function Compared(props: ITab & { versions: readonly Version[]; pair: IVersionPair }): JSX.Element {
  const { onState, pair, versions } = props;
  const trans = useTrans();
  const old = pair.old.version;
  const now = pair.new.version;
  return (
    <div className="gd-Compare">
      <div className="gd-Compare-choice">
        <span aria-hidden="true">{trans.__('Old')}</span>
        <VersionPicker
          versions={versions}
          label={trans.__('Old')}
          value={old}
          onChange={version => onState({ old: version, version: now })}
        />
        <Button
          aria-label={trans.__('Swap old and new')}
          title={trans.__('Swap old and new')}
          onClick={() => onState({ old: now, version: old })}
        >
          ⇄
        </Button>
        <span aria-hidden="true">{trans.__('New')}</span>
        <VersionPicker
          versions={versions}
          label={trans.__('New')}
          value={now}
          onChange={version => onState({ old, version })}
        />
      </div>
      {old === now ? (
        <EmptyState title={trans.__('Both are the same version')}>
          <p>{trans.__('Choose another one on either side.')}</p>
        </EmptyState>
      ) : (
        <Changed key={`${old} ${now}`} pair={pair} />
      )}
    </div>
  );
}
