import { merge, sortGently } from '../gently';
import {
  baseName,
  BY_NAME,
  comparator,
  findPrefix,
  moved,
  parentOf,
  toRow,
  type IRow
} from '../rows';

function row(path: string, size = 0): IRow {
  return toRow({ path, size, hash: '', is_folder: path.endsWith('/') }, false);
}

function sorted(by: 'name' | 'size', isDescending: boolean, rows: IRow[]): string[] {
  return [...rows].sort(comparator({ by, isDescending })).map(({ path }) => path);
}

describe('rows', () => {
  it('know their names and folders', () => {
    expect(baseName('a/b/c.txt')).toBe('c.txt');
    expect(baseName('a/b/')).toBe('b');
    expect(parentOf('a/b/')).toBe('a/');
    expect(parentOf('a/b/c.txt')).toBe('a/b/');
    expect(parentOf('top.txt')).toBe('');
    expect(toRow({ path: 'a/x', size: 1, hash: '' }, true).name).toBe('a/x');
    expect(moved(row('a/x'), 'a/y')).toMatchObject({ path: 'a/y', name: 'y' });
  });

  it('are sorted as people sort names, folders first', () => {
    const rows = ['b10', 'B2', 'b02a', 'é', 'f', 'e', 'z/', 'a_1', 'a1', 'y10/', 'y9/'].map(path =>
      row(path)
    );
    const names = ['y9/', 'y10/', 'z/', 'a1', 'a_1', 'B2', 'b02a', 'b10', 'e', 'é', 'f'];
    expect(sorted('name', false, rows)).toEqual(names);
    const folders = ['z/', 'y10/', 'y9/'];
    expect(sorted('name', true, rows)).toEqual([...folders, ...names.slice(3).reverse()]);
  });

  it('are sorted by number even when that has more than nine digits', () => {
    const rows = ['x12345678901', 'x999', 'x1234567890'].map(path => row(path));
    expect(sorted('name', false, rows)).toEqual(['x999', 'x1234567890', 'x12345678901']);
  });

  it('are sorted by size, and where that is the same by name', () => {
    const rows = [row('b', 5), row('c', 9), row('a', 5), row('f/')];
    expect(sorted('size', false, rows)).toEqual(['f/', 'a', 'b', 'c']);
    expect(sorted('size', true, rows)).toEqual(['f/', 'c', 'a', 'b']);
  });

  it('are found by the letters they begin with, going round', () => {
    const rows = ['apple', 'Banana', 'blue'].map(path => row(path));
    expect(findPrefix(rows, 0, 'b')).toBe(1);
    expect(findPrefix(rows, 2, 'b')).toBe(2);
    expect(findPrefix(rows, 2, 'a')).toBe(0);
    expect(findPrefix(rows, 3, 'BL')).toBe(2);
    expect(findPrefix(rows, 0, 'c')).toBe(-1);
  });
});

describe('sorting gently', () => {
  it('gives what sorting at once gives, however many pieces there are', async () => {
    let seed = 1;
    const next = (): number => (seed = (seed * 48271) % 2147483647);
    const rows = Array.from({ length: 40_000 }, () => row(`n${next() % 100_000}`, next() % 50));
    const compare = comparator({ by: 'size', isDescending: true });
    expect(await sortGently(rows, compare)).toEqual([...rows].sort(compare));
    expect(await sortGently([], comparator(BY_NAME))).toEqual([]);
  });

  it('merges two sorted lists', () => {
    const compare = (a: number, b: number): number => a - b;
    expect(merge([1, 4, 9], [2, 4, 10, 11], compare)).toEqual([1, 2, 4, 4, 9, 10, 11]);
    expect(merge([], [1], compare)).toEqual([1]);
  });
});
