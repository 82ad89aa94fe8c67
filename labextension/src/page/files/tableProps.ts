/** What the table of files is given. */

import type { IRow, ISort } from './rows';
import type { ISelection } from './selection';

export interface ITable {
  label: string;
  /** What is listed: another place begins at its own scroll position. */
  place: string;
  rows: readonly IRow[];
  isBusy: boolean;
  sort: ISort;
  onSort: (by: ISort['by']) => void;
  selection: ISelection;
  onSelection: (selection: ISelection) => void;
  onOpen: (row: IRow) => void;
  onUp: () => void;
  /** Show the menu of what is selected, at a point of the window. */
  onMenu: (selection: ISelection, x: number, y: number) => void;
  /** What only an uncommitted version has. */
  edit: ITableEdit | null;
}

export interface ITableEdit {
  /** Path of the row whose name is being edited. */
  renaming: string | null;
  onRename: (row: IRow, name: string) => Promise<void>;
  onRenameStart: () => void;
  onRenameEnd: () => void;
  onDelete: () => void;
  onUndo: () => void;
  /** The selection was dropped on a folder. */
  onDrop: (folder: string) => void;
}
