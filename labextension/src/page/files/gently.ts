/** Sorting many rows without keeping the browser from drawing. */

const PIECE = 8_192; // rows that are sorted in a few milliseconds
const BUDGET = 10; // milliseconds of work after which the browser may draw

/** Let the browser do what else there is to do. */
export function pause(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve));
}

/** Two sorted lists as one; where items are equal, those of the first come first. */
export function merge<T>(a: readonly T[], b: readonly T[], compare: (a: T, b: T) => number): T[] {
  const merged = new Array<T>(a.length + b.length);
  let i = 0;
  let j = 0;
  for (let k = 0; k < merged.length; k++) {
    merged[k] = j >= b.length || (i < a.length && compare(a[i], b[j]) <= 0) ? a[i++] : b[j++];
  }
  return merged;
}

/** A sorted copy, made piece by piece with pauses. */
export async function sortGently<T>(
  items: readonly T[],
  compare: (a: T, b: T) => number
): Promise<T[]> {
  let began = performance.now();
  const breathe = async (): Promise<void> => {
    if (performance.now() - began > BUDGET) {
      await pause();
      began = performance.now();
    }
  };
  let runs: T[][] = [];
  for (let start = 0; start < items.length; start += PIECE) {
    runs.push(items.slice(start, start + PIECE).sort(compare));
    await breathe();
  }
  while (runs.length > 1) {
    const longer: T[][] = [];
    for (let run = 0; run < runs.length; run += 2) {
      longer.push(run + 1 < runs.length ? merge(runs[run], runs[run + 1], compare) : runs[run]);
      await breathe();
    }
    runs = longer;
  }
  return runs[0] ?? [];
}
