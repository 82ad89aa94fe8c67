/** The page of a dataset: a header, and tabs. */

import React, { useEffect } from 'react';
import { Loaded } from '../components/states';
import { Tabs } from '../components/tabs';
import { useTrans } from '../context';
import { useDataset } from '../data/live';
import type { Dataset } from '../api/types';
import type { IPageState, Tab } from '../tokens';
import { CompareTab } from './compare/compareTab';
import { DeletedDataset } from './deleted';
import { FilesTab } from './files/filesTab';
import { Header } from './header';
import { SettingsTab } from './settings/settingsTab';
import { UseTab } from './use/useTab';
import { VersionsTab } from './versions/versionsTab';

/** What every tab gets. */
export interface ITab {
  dataset: Dataset;
  state: IPageState;
  onState: (change: Partial<IPageState>) => void;
}

export default function Page(props: {
  state: IPageState;
  onState: (change: Partial<IPageState>) => void;
  onName: (name: string) => void;
  onClose: () => void;
}): JSX.Element {
  const { state, onState, onName } = props;
  const live = useDataset(state.dataset);
  const trans = useTrans();
  const name = live.data?.name;
  useEffect(() => {
    if (name) {
      onName(name);
    }
  }, [name]); // eslint-disable-line react-hooks/exhaustive-deps
  const tab = state.tab ?? 'files';
  const tabs: { id: Tab; label: string }[] = [
    { id: 'files', label: trans.__('Files') },
    { id: 'versions', label: trans.__('Versions') },
    { id: 'compare', label: trans.__('Compare') },
    { id: 'use', label: trans.__('Use it') },
    { id: 'settings', label: trans.__('Settings') }
  ];
  if (live.error?.code === 'dataset_not_found') {
    return <DeletedDataset name={name ?? state.dataset} onClose={props.onClose} />;
  }
  return (
    <Loaded live={live} rows={8}>
      {dataset => {
        const shared: ITab = { dataset, state, onState };
        return (
          <div className="gd-Page-content">
            <Header {...shared} />
            <Tabs
              label={trans.__('Dataset %1', dataset.name)}
              tabs={tabs}
              selected={tab}
              onSelect={selected => onState({ tab: selected })}
            >
              {tab === 'files' && <FilesTab {...shared} />}
              {tab === 'versions' && <VersionsTab {...shared} />}
              {tab === 'compare' && <CompareTab {...shared} />}
              {tab === 'use' && <UseTab {...shared} />}
              {tab === 'settings' && <SettingsTab {...shared} />}
            </Tabs>
          </div>
        );
      }}
    </Loaded>
  );
}
