/** Tabs by the pattern of the ARIA Authoring Practices Guide (https://www.w3.org/WAI/ARIA/apg/patterns/tabs/). */

import React, { useId, useRef, type KeyboardEvent, type ReactNode } from 'react';

export function Tabs<T extends string>(props: {
  label: string;
  tabs: readonly { id: T; label: string }[];
  selected: T;
  onSelect: (tab: T) => void;
  children: ReactNode;
}): JSX.Element {
  const { tabs, selected, onSelect } = props;
  const prefix = useId();
  const list = useRef<HTMLDivElement>(null);

  const onKeyDown = (event: KeyboardEvent): void => {
    const at = tabs.findIndex(tab => tab.id === selected);
    const moves: Record<string, number> = {
      ArrowRight: at + 1,
      ArrowLeft: at - 1,
      Home: 0,
      End: tabs.length - 1
    };
    if (event.key in moves) {
      event.preventDefault();
      const next = (moves[event.key] + tabs.length) % tabs.length;
      onSelect(tabs[next].id);
      (list.current?.children[next] as HTMLElement | undefined)?.focus();
    }
  };

  return (
    <div className="gd-Tabs">
      <div
        ref={list}
        className="gd-Tabs-list"
        role="tablist"
        aria-label={props.label}
        onKeyDown={onKeyDown}
      >
        {tabs.map(tab => (
          <button
            key={tab.id}
            type="button"
            role="tab"
            id={`${prefix}${tab.id}`}
            className="gd-Tabs-tab"
            aria-selected={tab.id === selected}
            aria-controls={`${prefix}panel`}
            tabIndex={tab.id === selected ? 0 : -1}
            onClick={() => onSelect(tab.id)}
          >
            {tab.label}
          </button>
        ))}
      </div>
      <div
        className="gd-Tabs-panel"
        role="tabpanel"
        id={`${prefix}panel`}
        aria-labelledby={`${prefix}${selected}`}
      >
        {props.children}
      </div>
    </div>
  );
}
