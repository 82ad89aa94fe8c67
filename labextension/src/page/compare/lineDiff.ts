/**
 * What differs between two long texts, line by line.
 *
 * The editor's own comparison goes by characters and gives up on long texts. Here lines that occur once in both, in the
 * same order, hold the texts together (patience diff), and only what is between them is compared by characters.
 */

import { Change, diff, type DiffConfig } from '@codemirror/merge';

const SHORT = 50_000; // characters of both that are compared by characters at once
const EFFORT: DiffConfig = { scanLimit: 1_000, timeout: 200 }; // milliseconds for one gap

/** Positions of lines that stand for each other. */
type Anchor = readonly [old: number, now: number];

/** The changes from one text to the other, in order; for the editor's `override`. */
export function lineDiff(old: string, now: string): readonly Change[] {
  if (old.length + now.length <= SHORT) {
    return diff(old, now, EFFORT);
  }
  const [a, b] = [linesOf(old), linesOf(now)];
  const changes: Change[] = [];
  let [i, j] = [0, 0];
  for (const [nextI, nextJ] of [...anchors(a, b), [a.lines.length, b.lines.length] as const]) {
    addGap(changes, a, b, [i, nextI], [j, nextJ]);
    [i, j] = [nextI, nextJ];
  }
  return changes;
}

interface ILines {
  text: string;
  /** Each with its line break. */
  lines: string[];
  /** Where each begins, and the end of the text. */
  starts: number[];
}

function linesOf(text: string): ILines {
  const lines: string[] = [];
  const starts = [0];
  for (let at = 0; at < text.length;) {
    const end = text.indexOf('\n', at) + 1 || text.length;
    lines.push(text.slice(at, end));
    starts.push(end);
    at = end;
  }
  return { text, lines, starts };
}

/** Lines that occur once in both; the longest row of them that is in the same order in both. */
function anchors(a: ILines, b: ILines): Anchor[] {
  const [once, onceNow] = [unique(a.lines), unique(b.lines)];
  const pairs: Anchor[] = [];
  once.forEach((i, line) => {
    const j = onceNow.get(line);
    if (i >= 0 && j !== undefined && j >= 0) {
      pairs.push([i, j]);
    }
  });
  return longestRising(pairs);
}

/** Where each line is; -1 for what occurs more than once. In the order of the text. */
function unique(lines: readonly string[]): Map<string, number> {
  const places = new Map<string, number>();
  lines.forEach((line, at) => places.set(line, places.has(line) ? -1 : at));
  return places;
}

/** The longest part of pairs, which rise on the old side, that also rises on the new one. */
function longestRising(pairs: readonly Anchor[]): Anchor[] {
  const ends: number[] = []; // the pair that ends the best row of each length
  const before: number[] = [];
  pairs.forEach(([, now], at) => {
    let [low, high] = [0, ends.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (pairs[ends[middle]][1] < now) {
        low = middle + 1;
      } else {
        high = middle;
      }
    }
    before[at] = low > 0 ? ends[low - 1] : -1;
    ends[low] = at;
  });
  const row: Anchor[] = [];
  for (let at = ends.length > 0 ? ends[ends.length - 1] : -1; at >= 0; at = before[at]) {
    row.push(pairs[at]);
  }
  return row.reverse();
}

/** What differs between two anchors: less the equal lines at both ends. */
function addGap(
  changes: Change[],
  a: ILines,
  b: ILines,
  [fromI, toI]: Anchor,
  [fromJ, toJ]: Anchor
): void {
  let [i, j, endI, endJ] = [fromI, fromJ, toI, toJ];
  while (i < endI && j < endJ && a.lines[i] === b.lines[j]) {
    i += 1;
    j += 1;
  }
  while (i < endI && j < endJ && a.lines[endI - 1] === b.lines[endJ - 1]) {
    endI -= 1;
    endJ -= 1;
  }
  if (i === endI && j === endJ) {
    return;
  }
  const [fromA, toA] = [a.starts[i], a.starts[endI]];
  const [fromB, toB] = [b.starts[j], b.starts[endJ]];
  if (toA - fromA + toB - fromB > SHORT) {
    changes.push(new Change(fromA, toA, fromB, toB));
    return;
  }
  const inside = diff(a.text.slice(fromA, toA), b.text.slice(fromB, toB), EFFORT);
  for (const one of inside) {
    changes.push(
      new Change(one.fromA + fromA, one.toA + fromA, one.fromB + fromB, one.toB + fromB)
    );
  }
}
