/** One tab at a time; see https://developer.mozilla.org/en-US/docs/Web/API/Web_Locks_API. */

/**
 * Take a lock until the page ends or the result is called.
 *
 * @param patience - Milliseconds to wait for it; null then, for ever when not given.
 */
export function lock(name: string, patience?: number): Promise<(() => void) | null> {
  if (!navigator.locks) {
    return Promise.resolve(() => undefined); // not over plain HTTP: then tabs do not know of each other
  }
  const signal = patience === undefined ? undefined : AbortSignal.timeout(patience);
  return new Promise(resolve => {
    navigator.locks
      .request(name, { signal }, () => new Promise<void>(release => resolve(release)))
      .catch(() => resolve(null));
  });
}
