/** How the table of files scrolls. */

import { useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { IRow } from './rows';
import { indexOf } from './selection';

const LINE = 2; // height of a row, in heights of its letters
const UNMEASURED = 13; // pixels, where there is no style

/** The height of a row in pixels: as large as the letters need it. */
export function useRowHeight(element: { current: HTMLElement | null }): number {
  const [height, setHeight] = useState(LINE * UNMEASURED);
  useLayoutEffect(() => {
    const size = element.current ? parseFloat(getComputedStyle(element.current).fontSize) : NaN;
    setHeight(Math.round(LINE * (size || UNMEASURED)));
  }, [element]);
  return height;
}

/** The width of the scroll bar in pixels, none where it lies above what it scrolls. */
export function useGutter(element: { current: HTMLElement | null }, doesScroll: boolean): number {
  const [width, setWidth] = useState(0);
  useLayoutEffect(() => {
    const { offsetWidth = 0, clientWidth = 0 } = element.current ?? {};
    setWidth(doesScroll ? Math.max(0, offsetWidth - clientWidth) : 0);
  }, [element, doesScroll]);
  return width;
}

/** Keeps what is in sight where it is when rows come and go, and finds each place as it was left. */
export function useScrollMemory(
  scroller: { current: HTMLElement | null },
  place: string,
  rows: readonly IRow[],
  height: number
): void {
  const offsets = useRef(new Map<string, number>());
  const shown = useRef({ place, rows });
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) {
      return;
    }
    const { place: oldPlace, rows: oldRows } = shown.current;
    shown.current = { place, rows };
    if (oldPlace !== place) {
      element.scrollTop = offsets.current.get(place) ?? 0;
    } else if (oldRows !== rows && element.scrollTop > 0) {
      const top = Math.floor(element.scrollTop / height);
      const now = indexOf(rows, oldRows[top]?.path ?? null);
      if (now >= 0 && now !== top) {
        element.scrollTop += (now - top) * height;
      }
    }
  }, [scroller, place, rows, height]);
  useEffect(() => {
    const element = scroller.current;
    const onScroll = (): void => {
      offsets.current.set(shown.current.place, element?.scrollTop ?? 0);
    };
    element?.addEventListener('scroll', onScroll, { passive: true });
    return () => element?.removeEventListener('scroll', onScroll);
  }, [scroller]);
}
