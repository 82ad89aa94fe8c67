/** The list of datasets. */

import React from 'react';
import { Loaded } from '../components/states';
import { useApp } from '../context';
import { useDatasets } from '../data/live';
import { CommandIDs } from '../tokens';

export function DatasetsSection(): JSX.Element {
  const { commands } = useApp();
  return (
    <Loaded live={useDatasets()}>
      {datasets =>
        datasets.map(({ id, name }) => (
          <button key={id} onClick={() => void commands.execute(CommandIDs.open, { dataset: id })}>
            {name}
          </button>
        ))
      }
    </Loaded>
  );
}
