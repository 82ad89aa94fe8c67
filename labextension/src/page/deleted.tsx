/** Stands for a dataset that was deleted while its page was open, or before it was opened again. */

import React from 'react';
import { Button } from '../components/buttons';
import { EmptyState } from '../components/states';
import { useApp } from '../context';
import { datasetsIcon } from '../icons';
import { CommandIDs } from '../tokens';

export function DeletedDataset(props: { name: string; onClose: () => void }): JSX.Element {
  const { commands, trans } = useApp();
  return (
    <EmptyState icon={datasetsIcon} title={trans.__('The dataset “%1” was deleted.', props.name)}>
      <p>{trans.__('It can be restored from the trash for some time.')}</p>
      <div className="gd-Files-buttons">
        <Button isPrimary onClick={() => void commands.execute(CommandIDs.openTrash)}>
          {trans.__('Open the trash')}
        </Button>
        <Button onClick={props.onClose}>{trans.__('Close')}</Button>
      </div>
    </EmptyState>
  );
}
