/** Stands for a dataset that was deleted while its page was open, or before it was opened again. */

import React from 'react';
import { Button } from '../components/buttons';
import { EmptyState } from '../components/states';
import { useApp } from '../context';
import { datasetsIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { run } from './run';

export function DeletedDataset(props: { name: string; onClose: () => void }): JSX.Element {
  const app = useApp();
  const { trans } = app;
  return (
    <EmptyState icon={datasetsIcon} title={trans.__('The dataset “%1” was deleted.', props.name)}>
      <p>{trans.__('It can be restored from the trash for some time.')}</p>
      <div className="gd-Files-buttons">
        <Button isPrimary onClick={() => void run(app, CommandIDs.openTrash, {})}>
          {trans.__('Open the trash')}
        </Button>
        <Button onClick={props.onClose}>{trans.__('Close')}</Button>
      </div>
    </EmptyState>
  );
}
