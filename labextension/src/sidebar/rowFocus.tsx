/** Lists of rows with several controls: when a row is gone the next one has the focus, and menus open by key. */

import React, { useRef, type KeyboardEvent, type ReactNode } from 'react';
import { useKeptFocus } from './keptFocus';
import { isMenuKey, openMenu } from './menu';

/** A list whose rows are `MenuRow`s. */
export function RowList({ label, children }: { label: string; children: ReactNode }): JSX.Element {
  const list = useRef<HTMLUListElement>(null);
  const at = useRef(0);
  useKeptFocus(list, () => {
    const rows = list.current?.querySelectorAll('li') ?? [];
    const next = rows[Math.min(at.current, rows.length - 1)];
    next?.querySelector<HTMLElement>('button')?.focus();
  });
  return (
    <ul
      ref={list}
      className="gd-Places"
      aria-label={label}
      onFocus={event => {
        const row = event.target.closest('li');
        at.current = row ? [...(list.current?.children ?? [])].indexOf(row) : 0;
      }}
    >
      {children}
    </ul>
  );
}

/** One of them, with what commands of its context menu have to know; its own controls may come and go. */
export function MenuRow(props: {
  className: string;
  about: Record<`data-${string}`, string>;
  children: ReactNode;
}): JSX.Element {
  const row = useRef<HTMLLIElement>(null);
  useKeptFocus(row, () => row.current?.querySelector<HTMLElement>('button')?.focus());
  const onKeyDown = (event: KeyboardEvent): void => {
    if (isMenuKey(event)) {
      event.preventDefault();
      openMenu(event.target as Element);
    }
  };
  return (
    <li ref={row} className={props.className} data-gd-row="" {...props.about} onKeyDown={onKeyDown}>
      {props.children}
    </li>
  );
}
