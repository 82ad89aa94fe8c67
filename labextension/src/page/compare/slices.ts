/** Long work in slices, so that the tab stays alive and the work can be stopped. */

const SLICE = 12; // milliseconds without a pause

/** To be awaited now and then: lets the browser do other things when the slice is used up. */
export type Breathe = () => Promise<void>;

/**
 * A new `Breathe`.
 *
 * @throws what the signal was aborted with, from the next call on.
 */
export function slices(signal: AbortSignal): Breathe {
  let since = performance.now();
  return async () => {
    signal.throwIfAborted();
    if (performance.now() - since > SLICE) {
      await new Promise(resolve => setTimeout(resolve));
      signal.throwIfAborted();
      since = performance.now();
    }
  };
}
