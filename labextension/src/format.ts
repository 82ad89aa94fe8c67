/** Numbers and times as people read them. */

import type { TranslationBundle } from '@jupyterlab/translation';

const UNITS = ['B', 'KB', 'MB', 'GB', 'TB', 'PB'];

/** `1.2 MB`: powers of 1,000, as the file browser of JupyterLab has them. */
export function bytes(count: number): string {
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? 0 : 1;
  return `${value.toFixed(digits)} ${UNITS[unit]}`;
}

export function count(value: number): string {
  return value.toLocaleString();
}

/** `3 files`, with the right plural. */
export function files(value: number, trans: TranslationBundle): string {
  return trans._n('%2 file', '%2 files', value, count(value));
}

/** `2 min`, for what is left or has passed. */
export function duration(seconds: number, trans: TranslationBundle): string {
  if (seconds < 60) {
    return trans.__('%1 s', Math.max(1, Math.round(seconds)));
  }
  if (seconds < 3600) {
    return trans.__('%1 min', Math.round(seconds / 60));
  }
  return trans.__('%1 h %2 min', Math.floor(seconds / 3600), Math.round((seconds % 3600) / 60));
}

const STEPS: [Intl.RelativeTimeFormatUnit, number][] = [
  ['year', 365 * 86400],
  ['month', 30 * 86400],
  ['week', 7 * 86400],
  ['day', 86400],
  ['hour', 3600],
  ['minute', 60]
];

/** `3 hours ago`, in the language of the browser. */
export function ago(time: string, now = Date.now()): string {
  const seconds = (Date.parse(time) - now) / 1000;
  const format = new Intl.RelativeTimeFormat(undefined, { numeric: 'auto' });
  for (const [unit, length] of STEPS) {
    if (Math.abs(seconds) >= length) {
      return format.format(Math.round(seconds / length), unit);
    }
  }
  return format.format(0, 'second');
}

/** Date and time, whole. */
export function moment(time: string): string {
  return new Date(time).toLocaleString();
}
