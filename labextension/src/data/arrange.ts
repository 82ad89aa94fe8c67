/** Which datasets are shown, and in which order. */

import type { Dataset } from '../api/types';
import type { Sort } from '../settings';

const names = new Intl.Collator(undefined, { numeric: true, sensitivity: 'base' });

const ORDERS: Record<Sort, (a: Dataset, b: Dataset) => number> = {
  name: (a, b) => names.compare(a.name, b.name),
  modified: (a, b) => b.modified.localeCompare(a.modified) || names.compare(a.name, b.name),
  size: (a, b) => (b.bytes ?? -1) - (a.bytes ?? -1) || names.compare(a.name, b.name)
};

/** Those that have every word of `search` in their name, description or tags, or `search` as their id. */
export function arrange(datasets: readonly Dataset[], search: string, sort: Sort): Dataset[] {
  const words = search.toLowerCase().split(/\s+/).filter(Boolean);
  const matches = ({ id, name, description, tags }: Dataset): boolean => {
    const text = [id, name, description, ...tags].join('\n').toLowerCase();
    return words.every(word => text.includes(word));
  };
  return datasets.filter(matches).sort(ORDERS[sort]);
}
