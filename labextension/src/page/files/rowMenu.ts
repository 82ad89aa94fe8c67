/** What the menu of rows offers. */

import { Clipboard } from '@jupyterlab/apputils';
import {
  copyIcon,
  deleteIcon,
  downloadIcon,
  editIcon,
  folderIcon,
  launchIcon
} from '@jupyterlab/ui-components';
import type { TranslationBundle } from '@jupyterlab/translation';
import type { IMenuItem } from './menu';
import type { IRow } from './rows';

export interface IRowActions {
  open: (row: IRow) => void;
  download: () => void;
  /** false where nothing can be changed. */
  edit: { rename: () => void; remove: () => void } | false;
}

/** Items for the selected rows; `reference` names their version. */
export function rowMenu(
  trans: TranslationBundle,
  rows: readonly IRow[],
  reference: string,
  { open, download, edit }: IRowActions
): IMenuItem[][] {
  const isOne = rows.length === 1;
  const copy = (prefix: string): void =>
    Clipboard.copyToSystem(rows.map(row => prefix + row.path).join('\n'));
  const groups: IMenuItem[][] = [
    [
      {
        label: trans.__('Open'),
        icon: rows[0].isFolder ? folderIcon : launchIcon,
        key: 'Enter',
        isEnabled: isOne,
        execute: () => open(rows[0])
      },
      { label: trans.__('Download'), icon: downloadIcon, execute: download }
    ],
    [
      { label: trans.__('Copy Path'), icon: copyIcon, execute: () => copy('') },
      { label: trans.__('Copy Reference with Path'), execute: () => copy(`${reference}/`) }
    ]
  ];
  if (edit) {
    groups.push([
      {
        label: trans.__('Rename'),
        icon: editIcon,
        key: 'F2',
        isEnabled: isOne,
        execute: edit.rename
      },
      { label: trans.__('Delete'), icon: deleteIcon, key: 'Delete', execute: edit.remove }
    ]);
  }
  return groups;
}
