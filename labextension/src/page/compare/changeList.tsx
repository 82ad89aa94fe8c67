/** The files that differ; there may be hundreds of thousands. */

import { useVirtualizer } from '@tanstack/react-virtual';
import React, { useEffect, useId, useRef, type KeyboardEvent } from 'react';
import type { Change } from '../../api/types';
import { useTrans } from '../../context';
import { bytes } from '../../format';
import { KindMark, kindWord } from './changeKind';

const ROW_HEIGHT = 44; // pixels: two lines
const AHEAD = 60; // rows from the end at which more are asked for

export function ChangeList(props: {
  changes: readonly Change[];
  selected: string | null;
  onSelect: (path: string) => void;
  /** Called when the end of what is there comes near. */
  onEnd: () => void;
}): JSX.Element {
  const { changes, selected, onSelect, onEnd } = props;
  const trans = useTrans();
  const id = useId();
  const box = useRef<HTMLDivElement>(null);
  const rows = useVirtualizer({
    count: changes.length,
    getScrollElement: () => box.current,
    estimateSize: () => ROW_HEIGHT,
    overscan: 8
  });
  const items = rows.getVirtualItems();
  const last = items.length > 0 ? items[items.length - 1].index : 0;
  useEffect(() => {
    if (last >= changes.length - AHEAD) {
      onEnd();
    }
  }, [last, changes, onEnd]);

  const at = changes.findIndex(({ path }) => path === selected);
  const onKeyDown = (event: KeyboardEvent): void => {
    const page = Math.max(1, Math.floor((box.current?.clientHeight ?? 0) / ROW_HEIGHT) - 1);
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + page,
      PageUp: at - page,
      Home: 0,
      End: changes.length - 1
    };
    if (event.key in moves && changes.length > 0) {
      event.preventDefault();
      const next = Math.min(changes.length - 1, Math.max(0, moves[event.key]));
      rows.scrollToIndex(next);
      onSelect(changes[next].path);
    }
  };

  return (
    <div
      ref={box}
      className="gd-ChangeList"
      role="listbox"
      tabIndex={0}
      aria-label={trans.__('Files that differ')}
      aria-activedescendant={at < 0 ? undefined : `${id}${at}`}
      onKeyDown={onKeyDown}
    >
      <div role="presentation" style={{ height: rows.getTotalSize(), position: 'relative' }}>
        {items.map(({ index, start }) => {
          const { kind, path, old_size, new_size } = changes[index];
          const sizes = [old_size, new_size].flatMap(size => (size === null ? [] : [bytes(size)]));
          return (
            <div
              key={path}
              id={`${id}${index}`}
              role="option"
              aria-selected={path === selected}
              aria-setsize={changes.length}
              aria-posinset={index + 1}
              aria-label={`${path}, ${kindWord(kind, trans)}, ${sizes.join(' → ')}`}
              className="gd-ChangeList-row"
              style={{ height: ROW_HEIGHT, transform: `translateY(${start}px)` }}
              onClick={() => onSelect(path)}
            >
              <bdi className="gd-ChangeList-path" title={path}>
                {path}
              </bdi>
              <span className="gd-ChangeList-facts">
                <KindMark kind={kind} />
                <span>{sizes.join(' → ')}</span>
              </span>
            </div>
          );
        })}
      </div>
    </div>
  );
}
