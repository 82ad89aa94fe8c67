/** The context menu of a row, opened without a right click. */

import type { KeyboardEvent } from 'react';

/** Open JupyterLab's context menu of what `target` is in, below it. */
export function openMenu(target: Element): void {
  const { left, bottom } = target.getBoundingClientRect();
  const place = { clientX: left, clientY: bottom };
  target.dispatchEvent(
    new MouseEvent('contextmenu', { bubbles: true, cancelable: true, ...place })
  );
}

/** The keys by which every desktop opens one. */
export function isMenuKey(event: KeyboardEvent): boolean {
  return event.key === 'ContextMenu' || (event.shiftKey && event.key === 'F10');
}
