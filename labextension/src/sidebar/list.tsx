/**
 * A long list of which only what is seen is drawn. One row is in the tab order, arrow keys move between rows
 * (https://www.w3.org/WAI/ARIA/apg/practices/keyboard-interface/#kbd_roving_tabindex).
 */

import { defaultRangeExtractor, useVirtualizer } from '@tanstack/react-virtual';
import React, {
  useLayoutEffect,
  useRef,
  useState,
  type KeyboardEvent,
  type ReactNode,
  type RefObject
} from 'react';
import { useKeptFocus } from './keptFocus';
import { isMenuKey, openMenu } from './menu';
import { useTypeAhead } from './typeAhead';

const ROW_HEIGHT = 44; // pixels, until it is measured
const BEYOND = 8; // rows drawn beyond what is seen
const PAGE = 10; // rows that Page Up and Page Down go

interface IList<T> {
  label: string;
  items: readonly T[];
  keyOf: (item: T) => string;
  /** What typed letters are compared with. */
  nameOf: (item: T) => string;
  /** The first button in it is what the arrow keys go to; `tabIndex` is for all its buttons. */
  row: (item: T, tabIndex: 0 | -1) => ReactNode;
  /** Of the element of a row: its class, and what commands of its context menu have to know. */
  rowProps?: (item: T) => { className: string } & Record<`data-${string}`, string>;
  onKey?: (event: KeyboardEvent, item: T) => void;
  /** The element that scrolls. */
  list: RefObject<HTMLDivElement>;
}

export function VirtualList<T>(props: IList<T>): JSX.Element {
  const { items, keyOf, list } = props;
  const active = useActive(items, keyOf);
  const virtualizer = useVirtualizer({
    count: items.length,
    getScrollElement: () => list.current,
    estimateSize: () => ROW_HEIGHT,
    getItemKey: index => keyOf(items[index]),
    overscan: BEYOND,
    // The row with the focus stays, however far it is scrolled away.
    rangeExtractor: range =>
      [...new Set([...defaultRangeExtractor(range), active.index])].sort((a, b) => a - b)
  });

  const wantsFocus = useRef(false);
  const focusRow = (): void =>
    list.current?.querySelector<HTMLElement>(`[data-index="${active.index}"] button`)?.focus();
  useLayoutEffect(() => {
    if (wantsFocus.current) {
      wantsFocus.current = false;
      focusRow();
    }
  });
  useKeptFocus(list, focusRow);

  const onKeyDown = useKeys(props, active.index, index => {
    wantsFocus.current = true;
    active.go(index);
    virtualizer.scrollToIndex(index);
  });

  return (
    <div ref={list} className="gd-List" onKeyDown={onKeyDown}>
      <ul aria-label={props.label} style={{ height: virtualizer.getTotalSize() }}>
        {virtualizer.getVirtualItems().map(({ index, key, start }) => (
          <li
            key={key}
            ref={virtualizer.measureElement}
            data-index={index}
            aria-setsize={items.length}
            aria-posinset={index + 1}
            style={{ transform: `translateY(${start}px)` }}
            onFocus={() => active.go(index)}
            {...props.rowProps?.(items[index])}
          >
            {props.row(items[index], index === active.index ? 0 : -1)}
          </li>
        ))}
      </ul>
    </div>
  );
}

/** The row in the tab order; when it is gone, the one that is in its place. */
function useActive<T>(
  items: readonly T[],
  keyOf: (item: T) => string
): { index: number; go: (index: number) => void } {
  const [active, setActive] = useState<{ key: string | null; index: number }>({
    key: null,
    index: 0
  });
  const found = items.findIndex(item => keyOf(item) === active.key);
  const index = found >= 0 ? found : Math.max(0, Math.min(active.index, items.length - 1));
  if (found >= 0 && found !== active.index) {
    setActive({ key: active.key, index: found });
  }
  return { index, go: next => setActive({ key: keyOf(items[next]), index: next }) };
}

function useKeys<T>(
  { items, nameOf, onKey }: IList<T>,
  at: number,
  go: (index: number) => void
): (event: KeyboardEvent) => void {
  const typeAhead = useTypeAhead(() => items.map(nameOf));
  return event => {
    const moves: Record<string, number> = {
      ArrowDown: at + 1,
      ArrowUp: at - 1,
      PageDown: at + PAGE,
      PageUp: at - PAGE,
      Home: 0,
      End: items.length - 1
    };
    if (isMenuKey(event)) {
      event.preventDefault();
      openMenu(event.target as Element);
      return;
    }
    const next = event.key in moves ? moves[event.key] : typeAhead(event, at);
    if (next === null) {
      onKey?.(event, items[at]);
      return;
    }
    event.preventDefault();
    go(Math.max(0, Math.min(next, items.length - 1)));
  };
}
