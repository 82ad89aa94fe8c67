/** Letters that are typed in a list go to the next row that begins with them. */

import { useRef, type KeyboardEvent } from 'react';

const PAUSE = 700; // milliseconds after which another word begins

/** Resolves what is typed to the index of a row, or to null. */
export function useTypeAhead(
  names: () => readonly string[]
): (event: KeyboardEvent, from: number) => number | null {
  const typed = useRef({ text: '', at: -Infinity });
  return (event, from) => {
    const isLetter = event.key.length === 1 && !event.ctrlKey && !event.altKey && !event.metaKey;
    const { text, at } = typed.current;
    const isMore = event.timeStamp - at < PAUSE && text !== '';
    if (!isLetter || (event.key === ' ' && !isMore)) {
      return null;
    }
    const sought = (isMore ? text : '') + event.key.toLowerCase();
    typed.current = { text: sought, at: event.timeStamp };
    const all = names();
    // The first letter goes on to another row; more letters may still mean the same one.
    const first = isMore ? from : from + 1;
    for (let step = 0; step < all.length; step += 1) {
      const index = (first + step) % all.length;
      if (all[index].toLowerCase().startsWith(sought)) {
        return index;
      }
    }
    return null;
  };
}
