import { targetOf } from '../keys';
import { toRow, type IRow } from '../rows';
import { keepSelection, NOTHING, select, selectAll, selectedRows } from '../selection';

function rowsOf(...paths: string[]): IRow[] {
  return paths.map(path => toRow({ path, size: 0, hash: '' }, false));
}

const rows = rowsOf('a', 'b', 'c', 'd', 'e');
const pathsOf = (selection: { paths: ReadonlySet<string> }): string[] => [...selection.paths];

describe('select', () => {
  it('selects one, toggles others, and moves without selecting', () => {
    const one = select(NOTHING, rows, 1, 'only');
    expect(one).toEqual({ paths: new Set(['b']), cursor: 'b', anchor: 'b' });
    const two = select(one, rows, 3, 'toggle');
    expect(pathsOf(two)).toEqual(['b', 'd']);
    expect(pathsOf(select(two, rows, 1, 'toggle'))).toEqual(['d']);
    expect(select(two, rows, 0, 'keep')).toEqual({ ...two, cursor: 'a' });
  });

  it('extends from where the range began, in both directions', () => {
    const begun = select(NOTHING, rows, 2, 'only');
    const down = select(begun, rows, 4, 'extend');
    expect(pathsOf(down)).toEqual(['c', 'd', 'e']);
    const up = select(down, rows, 0, 'extend');
    expect(pathsOf(up)).toEqual(['a', 'b', 'c']);
    expect(up.cursor).toBe('a');
    expect(pathsOf(select(NOTHING, rows, 2, 'extend'))).toEqual(['c']);
  });

  it('selects all, and tells the rows in the order of the table', () => {
    expect(selectedRows(selectAll(NOTHING, rows), rows)).toEqual(rows);
    const some = select(select(NOTHING, rows, 3, 'only'), rows, 0, 'toggle');
    expect(selectedRows(some, rows).map(({ path }) => path)).toEqual(['a', 'd']);
  });
});

describe('keepSelection', () => {
  it('is the same object while nothing selected is gone', () => {
    const selection = select(NOTHING, rows, 1, 'only');
    expect(keepSelection(selection, rows, rowsOf('b', 'x'))).toBe(selection);
    expect(keepSelection(NOTHING, rows, [])).toBe(NOTHING);
  });

  it('goes to the row below what is gone, or to the one above', () => {
    const middle = select(select(NOTHING, rows, 1, 'only'), rows, 2, 'extend');
    const kept = keepSelection(middle, rows, rowsOf('a', 'd', 'e'));
    expect(kept).toEqual({ paths: new Set(), cursor: 'd', anchor: 'd' });
    const last = select(NOTHING, rows, 4, 'only');
    expect(keepSelection(last, rows, rowsOf('a', 'c')).cursor).toBe('c');
    expect(keepSelection(last, rows, []).cursor).toBeNull();
  });
});

describe('targetOf', () => {
  it('moves within the rows', () => {
    expect(targetOf('ArrowDown', 4, 5, 3)).toBe(4);
    expect(targetOf('ArrowUp', 0, 5, 3)).toBe(0);
    expect(targetOf('PageDown', 0, 5, 3)).toBe(3);
    expect(targetOf('PageUp', 4, 5, 3)).toBe(1);
    expect(targetOf('End', 0, 5, 3)).toBe(4);
    expect(targetOf('Home', 4, 5, 3)).toBe(0);
    expect(targetOf('x', 0, 5, 3)).toBeNull();
    expect(targetOf('ArrowDown', 0, 0, 3)).toBeNull();
  });
});
