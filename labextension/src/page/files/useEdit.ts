/** Changing the files of an uncommitted version from its table. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import { useState } from 'react';
import type { IVersionRef } from '../../api/client';
import { useApp } from '../../context';
import { count } from '../../format';
import type { IGradientData } from '../../tokens';
import { deleteRows, MOST_UNDONE, moveRows, renameRow } from './changes';
import type { Listing } from './listing';
import type { IRow } from './rows';
import { NOTHING, type ISelection } from './selection';
import type { ITableEdit } from './tableProps';
import type { IChanges } from './useChanges';

export interface IEdit {
  table: ITableEdit;
  /** Begin to edit the name of the selected row. */
  rename: () => void;
  remove: () => void;
  moveTo: (folder: string) => void;
}

export function useEdit(options: {
  ref: IVersionRef;
  listing: Listing;
  changes: IChanges;
  selected: readonly IRow[];
  /** The row that keys act on. */
  cursor: IRow | undefined;
  onSelection: (selection: ISelection) => void;
  /** The focus goes back to the table. */
  onFocus: () => void;
}): IEdit {
  const { ref, listing, changes, selected, cursor, onSelection, onFocus } = options;
  const app = useApp();
  const { trans } = app;
  const [renaming, setRenaming] = useState<string | null>(null);
  const place = { app, ref, listing };
  // What keys and buttons act on: the selection, otherwise where the keyboard is.
  const rows = selected.length > 0 ? selected : cursor ? [cursor] : [];
  const endRename = (): void => {
    setRenaming(null);
    onFocus();
  };

  const rename = (): void => {
    if (rows.length === 1) {
      setRenaming(rows[0].path);
    }
  };
  const remove = (): void => {
    if (rows.length === 0) {
      return;
    }
    onFocus(); // the button that was pressed is disabled with the selection
    const doing = trans.__('Deleting…');
    const make = changes.run(doing, turn =>
      deleteRows({ ...place, turn }, rows, () => confirmDelete(app))
    );
    void make.catch(() => undefined); // it is shown
  };
  const moveTo = (folder: string): void => {
    const moving = selected.filter(row => !(row.isFolder && folder.startsWith(row.path)));
    onFocus();
    if (moving.length > 0) {
      const doing = trans.__('Moving…');
      const make = changes.run(doing, turn => moveRows({ ...place, turn }, moving, folder));
      void make.catch(() => undefined); // it is shown
    }
  };
  const onRename = async (row: IRow, name: string): Promise<void> => {
    const done = await changes.run(
      trans.__('Renaming…'),
      turn => renameRow({ ...place, turn }, row, name),
      true
    );
    if (done) {
      onSelection({ ...NOTHING, paths: new Set([done.path]), cursor: done.path });
    }
    endRename();
  };
  const table: ITableEdit = {
    renaming,
    onRename,
    onRenameStart: rename,
    onRenameEnd: endRename,
    onDelete: remove,
    onUndo: () => void changes.undo(),
    onDrop: moveTo
  };
  return { table, rename, remove, moveTo };
}

async function confirmDelete({ trans }: IGradientData): Promise<boolean> {
  const { button } = await showDialog({
    title: trans.__('Delete more than %1 files?', count(MOST_UNDONE)),
    body: trans.__(
      'So many cannot be put back with Undo. Committed versions keep the files they have.'
    ),
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.warnButton({ label: trans.__('Delete') })
    ]
  });
  return button.accept;
}
