/** The focus comes back to a list when a menu or dialog closes, or when the row that had it is gone. */

import { useEffect, useLayoutEffect, useRef, type RefObject } from 'react';

/** What comes up for a row, and goes again. */
const ABOVE = '.lm-Menu, .jp-Dialog';

export function useKeptFocus(list: RefObject<HTMLElement>, focusRow: () => void): void {
  const isOurs = useRef(false);
  const focus = useRef(focusRow);
  focus.current = focusRow;

  const keep = (): void => {
    if (isOurs.current && document.activeElement === document.body) {
      focus.current();
    }
  };
  useLayoutEffect(keep);

  useEffect(() => {
    const watch = ({ target }: Event): void => {
      if (target instanceof Element && !target.closest(ABOVE)) {
        isOurs.current = list.current?.contains(target) ?? false;
      }
    };
    document.addEventListener('focusin', watch);
    document.addEventListener('pointerdown', watch, true);
    const observer = new MutationObserver(keep);
    observer.observe(document.body, { childList: true });
    return () => {
      document.removeEventListener('focusin', watch);
      document.removeEventListener('pointerdown', watch, true);
      observer.disconnect();
    };
  }, [list]);
}
