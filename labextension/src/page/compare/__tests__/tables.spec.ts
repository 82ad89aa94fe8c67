import { slices } from '../slices';
import { describeColumn, type IColumn } from '../table/columns';
import { compareTables } from '../table/compare';
import { matchRows, type IRows } from '../table/match';
import { parseTable, type ITable } from '../table/parse';

const SIGNAL = new AbortController().signal;

function table(text: string, delimiter = ''): Promise<ITable> {
  return parseTable(text, delimiter, SIGNAL);
}

function breathe(): ReturnType<typeof slices> {
  return slices(SIGNAL);
}

async function rowsOf(old: string, now: string): Promise<IRows> {
  return matchRows(await table(old), await table(now), breathe());
}

describe('parseTable', () => {
  it('reads quoted commas, quotes and line breaks', async () => {
    const { columns, rows, problems } = await table('a,b\n"x, ""y""","two\nlines"\n');
    expect(columns).toEqual(['a', 'b']);
    expect(rows).toEqual([['x, "y"', 'two\nlines']]);
    expect(problems).toBe(0);
  });

  it('takes CRLF and LF for the same', async () => {
    const [crlf, lf] = [await table('a,b\r\n1,2\r\n\r\n3,4\r\n'), await table('a,b\n1,2\n3,4')];
    expect(crlf).toEqual(lf);
    expect(crlf.rows).toHaveLength(2);
  });

  it.each([
    ['a;b\n1;2\n', ''],
    ['a\tb\n1\t2\n', '\t'],
    ['a|b\n1|2\n', '']
  ])('finds the delimiter of %j', async (text, delimiter) => {
    expect((await table(text, delimiter)).rows).toEqual([['1', '2']]);
  });

  it('names columns that have no name or one that is taken, and fills short rows', async () => {
    const { columns, rows } = await table('a,,a\n1\n1,2,3,4\n');
    expect(columns).toEqual(['a', '#2', 'a (2)', '#4']);
    expect(rows).toEqual([
      ['1', '', '', ''],
      ['1', '2', '3', '4']
    ]);
  });

  it('keeps empty lines of a table with one column: they are missing values', async () => {
    expect((await table('a\n1\n\n3\n')).rows).toEqual([['1'], [''], ['3']]);
  });

  it('counts quotes that do not close', async () => {
    expect((await table('a,b\n"1,2\n')).problems).toBeGreaterThan(0);
  });

  it('reads an empty file as a table without columns', async () => {
    expect(await table('')).toEqual({ columns: [], rows: [], problems: 0 });
  });

  it('reads what is longer than one slice whole, also letters beyond the first plane', async () => {
    const lines = Array.from({ length: 60_000 }, (_, at) => `${at},"ünï,🌷 ${at}"`);
    const { rows } = await table(`id,name\n${lines.join('\n')}\n`);
    expect(rows).toHaveLength(60_000);
    expect(rows[59_999]).toEqual(['59999', 'ünï,🌷 59999']);
  });

  it('stops when it is told to', async () => {
    const control = new AbortController();
    const lines = Array.from({ length: 100_000 }, (_, at) => `${at},x`).join('\n');
    const parsed = parseTable(`a,b\n${lines}`, '', control.signal);
    control.abort();
    await expect(parsed).rejects.toThrow('abort');
  });
});

describe('describeColumn', () => {
  async function column(...cells: string[]): Promise<IColumn> {
    return describeColumn(
      cells.map(cell => [cell]),
      0,
      breathe()
    );
  }

  it('counts missing values as pandas does, and leaves them out of everything else', async () => {
    expect(await column('1', '', 'NA', 'NaN', 'null', ' ', '3')).toEqual({
      type: 'integer',
      missing: 5,
      distinct: 2,
      min: '1',
      max: '3',
      mean: 2
    });
  });

  it.each([
    [['1', '2.5', '-3e2', '.5'], 'number', '-3e2', '2.5'],
    [['+1', '10', '9'], 'integer', '+1', '10'],
    [['true', 'False'], 'boolean', null, null],
    [['2024-02-01', '2023-12-31T10:00:00Z'], 'date', '2023-12-31T10:00:00Z', '2024-02-01'],
    [['1', 'one'], 'text', null, null],
    [['1', '2024-02-01'], 'text', null, null],
    [['', 'NA'], 'empty', null, null],
    [['1,5', '2'], 'text', null, null]
  ])('takes %j for %s', async (cells, type, min, max) => {
    const found = await column(...cells);
    expect([found.type, found.min, found.max]).toEqual([type, min, max]);
    expect(found.mean === null).toBe(type !== 'number' && type !== 'integer');
  });

  it('compares numbers as numbers', async () => {
    const { min, max, mean } = await column('9', '10', '100');
    expect([min, max]).toEqual(['9', '100']);
    expect(mean).toBeCloseTo(119 / 3);
  });

  it('counts different values by what they say', async () => {
    expect((await column('é', 'e\u0301', 'é', ' é ')).distinct).toBe(2);
  });
});

describe('matchRows', () => {
  it('goes by the first column that is unique in both', async () => {
    const rows = await rowsOf(
      'kind,id,n\na,1,x\na,2,y\na,3,z\n',
      'kind,id,n\na,3,z\na,2,Y\na,4,w\n'
    );
    expect(rows).toMatchObject({ key: 'id', added: 1, removed: 1, changed: 1, equal: 1 });
    expect([...rows.changedIn]).toEqual([['n', 1]]);
    expect(rows.first).toEqual([
      { old: 1, new: 1 },
      { old: null, new: 2 },
      { old: 0, new: null }
    ]);
  });

  it('does not take a column for the key that has repeated or missing values in one of them', async () => {
    const repeated = await rowsOf('id,name\n1,a\n2,b\n', 'id,name\n1,a\n1,b\n');
    expect(repeated.key).toBe('name');
    const missing = await rowsOf('id,name\n1,a\n,b\n', 'id,name\n1,a\n2,b\n');
    expect(missing.key).toBe('name');
    expect(missing).toMatchObject({ changed: 1, equal: 1 });
  });

  it('finds moved rows again, with columns in another order, and does not count a new column', async () => {
    const rows = await rowsOf('id,a\n1,x\n2,y\n', 'new,a,id\n0,y,2\n0,x,1\n');
    expect(rows).toMatchObject({ key: 'a', equal: 2, changed: 0, added: 0, removed: 0 });
  });

  it('without a key counts how often a row occurs', async () => {
    const rows = await rowsOf('a,b\n1,1\n1,1\n1,1\n2,2\n2,2\n', 'a,b\n2,2\n1,1\n1,1\n2,2\n2,2\n');
    expect(rows).toMatchObject({ key: null, equal: 4, changed: 0, added: 1, removed: 1 });
  });

  it('without a key pairs what is left by its position', async () => {
    const rows = await rowsOf('a\nx\nx\ny\n', 'a\nx\nz\ny\ny\n');
    expect(rows).toMatchObject({ key: null, equal: 2, changed: 1, added: 1, removed: 0 });
    expect(rows.first).toEqual([
      { old: 1, new: 1 },
      { old: null, new: 3 }
    ]);
  });

  it('compares text, not numbers: 1 and 1.0 differ', async () => {
    expect(await rowsOf('id,n\na,1\n', 'id,n\na,1.0\n')).toMatchObject({ changed: 1 });
  });

  it('keeps the first hundred of a kind and counts all', async () => {
    const lines = (suffix: string): string =>
      Array.from({ length: 250 }, (_, at) => `${at},${suffix}`).join('\n');
    const rows = await rowsOf(`id,a\n${lines('x')}`, `id,a\n${lines('y')}`);
    expect(rows.changed).toBe(250);
    expect(rows.first).toHaveLength(100);
  });
});

describe('compareTables', () => {
  it('describes the columns of both, and knows which came and went', async () => {
    const { columns, rows } = await compareTables(
      await table('id,gone\n1,x\n'),
      await table('id,come\n1,2.5\n2,3.5\n'),
      breathe()
    );
    expect(columns.map(({ name, old, new: now }) => [name, old?.type, now?.type])).toEqual([
      ['id', 'integer', 'integer'],
      ['come', undefined, 'number'],
      ['gone', 'text', undefined]
    ]);
    expect(rows).toMatchObject({ added: 1, equal: 1 });
  });

  it('describes the only table of a file that was added', async () => {
    const { columns, rows } = await compareTables(null, await table('a\n1\n'), breathe());
    expect(rows).toBeNull();
    expect(columns[0]).toMatchObject({ old: null, new: { type: 'integer' } });
  });

  it('stops when it is told to', async () => {
    const control = new AbortController();
    control.abort();
    const one = await table('a\n1\n');
    await expect(compareTables(one, one, slices(control.signal))).rejects.toThrow('abort');
  });
});
