/** One row of the table of files. */

import { fileIcon, folderIcon } from '@jupyterlab/ui-components';
import React, { memo, useMemo } from 'react';
import { useApp } from '../../context';
import { bytes } from '../../format';
import { RenameField } from './renameField';
import type { IRow } from './rows';
import type { ITableEdit } from './tableProps';

export interface IRowProps {
  row: IRow;
  index: number;
  id: string;
  top: number;
  height: number;
  isSelected: boolean;
  isCursor: boolean;
  isDraggable: boolean;
  isTarget: boolean;
  /** Given while its name is being edited. */
  edit: ITableEdit | null;
}

export const Row = memo(function Row(props: IRowProps): JSX.Element {
  const { row, index, edit } = props;
  const { docRegistry } = useApp();
  const Icon = useMemo(
    () =>
      row.isFolder ? folderIcon : (docRegistry.getFileTypesForPath(row.name)[0]?.icon ?? fileIcon),
    [docRegistry, row.isFolder, row.name]
  );
  const modifiers = [
    props.isSelected && 'gd-mod-selected',
    props.isCursor && 'gd-mod-cursor',
    props.isTarget && 'gd-mod-target'
  ];
  return (
    <div
      id={props.id}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={props.isSelected}
      data-index={index}
      draggable={props.isDraggable && edit === null}
      className={['gd-FileTable-row', ...modifiers].filter(Boolean).join(' ')}
      style={{ transform: `translateY(${props.top}px)`, height: props.height }}
    >
      <div role="gridcell" className="gd-FileTable-name">
        <Icon.react tag="span" className="gd-FileTable-icon" aria-hidden="true" />
        {edit ? (
          <RenameField
            row={row}
            onRename={name => edit.onRename(row, name)}
            onEnd={edit.onRenameEnd}
          />
        ) : (
          <span className="gd-FileTable-text" title={row.name}>
            {row.name}
          </span>
        )}
      </div>
      <div role="gridcell" className="gd-FileTable-size">
        {row.isFolder ? '' : bytes(row.size)}
      </div>
    </div>
  );
});
