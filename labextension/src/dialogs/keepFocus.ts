/** Keeps the focus in a dialog: where nothing has it, keys such as Escape are not heard. */

/**
 * While what has the focus in `area` is disabled or gone, `rest` has it; then it goes back.
 *
 * @returns A function that ends it.
 */
export function keepFocus(area: HTMLElement, rest: HTMLElement): () => void {
  let last: Element | null = null;
  const isUsable = (node: Element): boolean => area.contains(node) && !node.matches(':disabled');
  const watch = ({ target }: FocusEvent): void => {
    if (target instanceof Element && target !== rest) {
      last = target;
    }
  };
  const look = (): void => {
    const { activeElement: now } = document;
    if (now === rest && last instanceof HTMLElement && isUsable(last)) {
      last.focus();
    } else if (now === document.body || (now && area.contains(now) && !isUsable(now))) {
      rest.focus();
    }
  };
  const observer = new MutationObserver(look);
  const attributeFilter = ['disabled'];
  observer.observe(area, { attributeFilter, childList: true, subtree: true });
  area.addEventListener('focusin', watch);
  return () => {
    observer.disconnect();
    area.removeEventListener('focusin', watch);
  };
}
