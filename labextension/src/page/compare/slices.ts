/** Long work in slices, so that the tab stays alive and the work can be stopped. */

const SLICE = 30; // milliseconds without a pause

/** To be awaited now and then: lets the browser do other things when the slice is used up. */
export type Breathe = () => Promise<void>;

/** A new `Breathe`, which throws once the signal is aborted. */
export function slices(signal: AbortSignal): Breathe {
  let since = performance.now();
  return async () => {
    stopIfAborted(signal);
    if (performance.now() - since > SLICE) {
      await new Promise(resolve => setTimeout(resolve));
      stopIfAborted(signal);
      since = performance.now();
    }
  };
}

export function stopIfAborted({ aborted }: AbortSignal): void {
  if (aborted) {
    throw new DOMException('It was aborted.', 'AbortError');
  }
}
