/** Bounds what goes on at the same time. */

export class Slots {
  constructor(private _free: number) {}

  /** Do it when it is its turn; not at all when `signal` comes first. */
  async run<T>(signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    await this._enter(signal);
    try {
      return await work();
    } finally {
      this._leave();
    }
  }

  private async _enter(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    if (this._free > 0) {
      this._free -= 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      const enter = (): void => {
        signal.removeEventListener('abort', leave);
        resolve();
      };
      const leave = (): void => {
        this._queue = this._queue.filter(other => other !== enter);
        reject(signal.reason);
      };
      signal.addEventListener('abort', leave, { once: true });
      this._queue.push(enter);
    });
  }

  private _leave(): void {
    const next = this._queue.shift();
    if (next) {
      next();
    } else {
      this._free += 1;
    }
  }

  private _queue: (() => void)[] = [];
}

/** Work through a list, a few at once; the first error ends it, after what was begun has ended. */
export async function forEach<T>(
  items: Iterable<T>,
  atOnce: number,
  work: (item: T) => Promise<void>
): Promise<void> {
  const rest = items[Symbol.iterator]();
  let failed = false;
  const one = async (): Promise<void> => {
    for (let next = rest.next(); !next.done && !failed; next = rest.next()) {
      try {
        await work(next.value);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  const all = await Promise.allSettled(Array.from({ length: atOnce }, one));
  const problem = all.find(({ status }) => status === 'rejected');
  if (problem?.status === 'rejected') {
    throw problem.reason;
  }
}
