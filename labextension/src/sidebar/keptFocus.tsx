/** The focus comes back when a menu or dialog closes, or when what had it is gone. */

import React, { useEffect, useRef, type ReactNode, type RefObject } from 'react';

/** What comes up for a row, and goes again. */
const ABOVE = '.lm-Menu, .jp-Dialog';

/** Back to what had the focus in `area`; `next` moves it when that is gone. */
export function useKeptFocus(area: RefObject<HTMLElement>, next: () => void): void {
  const move = useRef(next);
  move.current = next;
  useEffect(() => {
    let last: HTMLElement | null = null;
    const watch = ({ target }: Event): void => {
      if (target instanceof HTMLElement && !target.closest(ABOVE)) {
        last = area.current?.contains(target) ? target : null;
      }
    };
    const keep = (): void => {
      if (last === null || document.activeElement !== document.body) {
        return;
      }
      if (last.isConnected) {
        last.focus();
      } else {
        move.current();
      }
    };
    document.addEventListener('focusin', watch);
    document.addEventListener('pointerdown', watch, true);
    const observer = new MutationObserver(keep);
    observer.observe(document.body, { childList: true });
    if (area.current) {
      observer.observe(area.current, { childList: true, subtree: true });
    }
    return () => {
      document.removeEventListener('focusin', watch);
      document.removeEventListener('pointerdown', watch, true);
      observer.disconnect();
    };
  }, [area]);
}

/** Keeps the focus in what is inside: goes to the first control when what had it is gone. */
export function KeptFocus({ children }: { children: ReactNode }): JSX.Element {
  const area = useRef<HTMLDivElement>(null);
  useKeptFocus(area, () => {
    // A list inside may know better, and comes to it in the same turn.
    queueMicrotask(() => {
      if (document.activeElement === document.body) {
        const first = area.current?.querySelector<HTMLElement>('button, input');
        (first ?? area.current)?.focus();
      }
    });
  });
  return (
    <div ref={area} className="gd-KeptFocus" tabIndex={-1}>
      {children}
    </div>
  );
}
