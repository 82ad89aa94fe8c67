/** Dragging rows of the table of files to a folder. */

import { useRef, useState, type DragEvent, type MouseEvent } from 'react';
import { select } from './selection';
import type { ITable } from './tableProps';

/** Rows are dragged to a folder. */
export function useRowDrag(
  { rows, selection, onSelection, edit }: ITable,
  rowAt: (event: MouseEvent) => number
): { target: number; handlers: Record<string, (event: DragEvent) => void> } {
  const [target, setTarget] = useState(-1);
  const isOurs = useRef(false);
  const end = (): void => {
    isOurs.current = false;
    setTarget(-1);
  };
  const handlers = {
    onDragStart: (event: DragEvent) => {
      const row = rows[rowAt(event)];
      if (!edit || !row) {
        return;
      }
      isOurs.current = true;
      event.dataTransfer.effectAllowed = 'move';
      event.dataTransfer.setData('text/plain', row.path);
      if (!selection.paths.has(row.path)) {
        onSelection(select(selection, rows, rowAt(event), 'only'));
      }
    },
    onDragOver: (event: DragEvent) => {
      const index = rowAt(event);
      const row = rows[index];
      const isTarget = isOurs.current && row?.isFolder && !selection.paths.has(row.path);
      setTarget(isTarget ? index : -1);
      if (isTarget) {
        event.preventDefault();
      }
    },
    onDrop: (event: DragEvent) => {
      if (target >= 0) {
        event.preventDefault();
        edit?.onDrop(rows[target].path);
      }
      end();
    },
    onDragEnd: end
  };
  return { target, handlers };
}
