/** The table of files: it draws only the rows in sight, and is one stop of the Tab key. */

import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import { defaultRangeExtractor, useVirtualizer, type Range } from '@tanstack/react-virtual';
import React, { forwardRef, useEffect, useId, useMemo, useRef, type MouseEvent } from 'react';
import { useTrans } from '../../context';
import { useRowDrag } from './drag';
import { useTableKeys } from './keys';
import { Row } from './row';
import { useRowHeight, useScrollMemory } from './scroll';
import type { ISort } from './rows';
import { indexOf, select, type SelectMode } from './selection';
import type { ITable } from './tableProps';

const OVERSCAN = 12; // rows above and below that are drawn before they are in sight

export const FileTable = forwardRef<HTMLDivElement, ITable>(function FileTable(props, ref) {
  const { rows, selection, onSelection, edit } = props;
  const trans = useTrans();
  const prefix = useId();
  const scroller = useRef<HTMLDivElement>(null);
  const height = useRowHeight(scroller);
  const found = useMemo(() => indexOf(rows, selection.cursor), [rows, selection.cursor]);
  const cursor = Math.max(0, found);
  const renaming = useMemo(
    () => (edit?.renaming ? indexOf(rows, edit.renaming) : -1),
    [rows, edit?.renaming]
  );
  const virtualizer = useVirtualizer({
    count: rows.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => height,
    overscan: OVERSCAN,
    // The row that the keyboard is at, or that is renamed, stays drawn: the focus is on it.
    rangeExtractor: (range: Range) => withRows(range, [cursor, renaming])
  });
  useEffect(() => virtualizer.measure(), [virtualizer, height]);
  useEffect(() => {
    if (found >= 0) {
      virtualizer.scrollToIndex(found, { align: 'auto' });
    }
  }, [selection.cursor, found >= 0, virtualizer]); // eslint-disable-line react-hooks/exhaustive-deps
  useScrollMemory(scroller, props.place, rows, height);

  const onKeyDown = useTableKeys(props, cursor, () =>
    Math.max(1, Math.floor((scroller.current?.clientHeight ?? 0) / height) - 1)
  );
  const rowAt = (event: MouseEvent): number =>
    Number((event.target as Element).closest<HTMLElement>('[data-index]')?.dataset.index ?? -1);

  const onClick = (event: MouseEvent): void => {
    // The button of the mouse went down on the rows, which can be dragged only if the focus is left there.
    scroller.current?.parentElement?.focus({ preventScroll: true });
    const index = rowAt(event);
    const isToggle = event.ctrlKey || event.metaKey;
    const mode: SelectMode = event.shiftKey ? 'extend' : isToggle ? 'toggle' : 'only';
    if (index >= 0) {
      onSelection(select(selection, rows, index, mode));
    } else {
      onSelection({ ...selection, paths: new Set() });
    }
  };
  const onContextMenu = (event: MouseEvent<HTMLDivElement>): void => {
    if (event.shiftKey && event.button === 2) {
      return; // the browser's own menu, as everywhere in JupyterLab
    }
    const index = rowAt(event);
    const isByKey = index < 0 && event.button !== 2;
    if (index < 0 && !isByKey) {
      return;
    }
    event.preventDefault();
    event.stopPropagation();
    const at = index < 0 && selection.paths.size === 0 ? cursor : index;
    const isNew = rows[at] !== undefined && !selection.paths.has(rows[at].path);
    const selected = isNew ? select(selection, rows, at, 'only') : selection;
    onSelection(selected);
    const box = scroller.current?.querySelector('.gd-mod-cursor')?.getBoundingClientRect();
    const [x, y] =
      isByKey && box ? [box.left + height, box.bottom] : [event.clientX, event.clientY];
    props.onMenu(selected, x, y);
  };
  const doesScroll = virtualizer.getTotalSize() > (virtualizer.scrollRect?.height ?? 0);
  const drag = useRowDrag(props, rowAt);

  return (
    <div
      ref={ref}
      className={`gd-FileTable ${doesScroll ? 'gd-mod-scrolls' : ''}`}
      role="grid"
      tabIndex={0}
      aria-label={props.label}
      aria-multiselectable="true"
      aria-rowcount={rows.length + 1}
      aria-busy={props.isBusy}
      aria-activedescendant={rows.length > 0 ? `${prefix}${cursor}` : undefined}
      onKeyDown={onKeyDown}
      onContextMenu={onContextMenu}
    >
      <div role="rowgroup" className="gd-FileTable-head">
        <div role="row" aria-rowindex={1} className="gd-FileTable-headRow">
          <SortHeader by="name" label={trans.__('Name')} sort={props.sort} onSort={props.onSort} />
          <SortHeader by="size" label={trans.__('Size')} sort={props.sort} onSort={props.onSort} />
        </div>
      </div>
      <div
        ref={scroller}
        role="rowgroup"
        className="gd-FileTable-body"
        tabIndex={-1}
        onClick={onClick}
        onDoubleClick={event => {
          const index = rowAt(event);
          if (index >= 0) {
            props.onOpen(rows[index]);
          }
        }}
        {...drag.handlers}
      >
        <div role="presentation" style={{ height: virtualizer.getTotalSize() }}>
          {virtualizer.getVirtualItems().map(({ index, start }) => {
            const row = rows[index];
            return (
              row && (
                <Row
                  key={row.path}
                  row={row}
                  index={index}
                  id={`${prefix}${index}`}
                  top={start}
                  height={height}
                  isSelected={selection.paths.has(row.path)}
                  isCursor={index === cursor}
                  isDraggable={edit !== null}
                  isTarget={drag.target === index}
                  edit={index === renaming ? edit : null}
                />
              )
            );
          })}
        </div>
      </div>
    </div>
  );
});

function SortHeader(props: {
  by: ISort['by'];
  label: string;
  sort: ISort;
  onSort: (by: ISort['by']) => void;
}): JSX.Element {
  const { by, sort, onSort } = props;
  const isSorted = sort.by === by;
  const Icon = sort.isDescending ? caretDownIcon : caretUpIcon;
  return (
    <div
      role="columnheader"
      aria-sort={isSorted ? (sort.isDescending ? 'descending' : 'ascending') : 'none'}
      className={`gd-FileTable-${by}`}
    >
      <button type="button" className="gd-FileTable-sort" onClick={() => onSort(by)}>
        {props.label}
        {isSorted && <Icon.react tag="span" aria-hidden="true" />}
      </button>
    </div>
  );
}

function withRows(range: Range, extra: readonly number[]): number[] {
  const drawn = defaultRangeExtractor(range);
  const missing = extra.filter(
    index => index >= 0 && index < range.count && !drawn.includes(index)
  );
  return missing.length > 0 ? [...new Set([...drawn, ...missing])].sort((a, b) => a - b) : drawn;
}
