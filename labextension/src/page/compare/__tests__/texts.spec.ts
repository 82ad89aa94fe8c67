import { decode } from '../decode';
import { canonicalJson } from '../json';
import { modesOf, suffixOf } from '../modes';
import { notebookText } from '../notebook';

describe('canonicalJson', () => {
  it('leaves only what the JSON says', () => {
    expect(canonicalJson('{"b": [1,  2], "a": {"d": null, "c": "x"}}')).toBe(
      canonicalJson('{\n"a":{"c":"x","d":null},"b":[1,2]}')
    );
    expect(canonicalJson('{"b":1,"a":2}')).toBe('{\n  "a": 2,\n  "b": 1\n}');
  });

  it('keeps the order of lists', () => {
    expect(canonicalJson('[2,1]')).not.toBe(canonicalJson('[1,2]'));
  });

  it('does not round long numbers', () => {
    expect(canonicalJson('{"id": 12345678901234567890}')).toContain('"id": 12345678901234567890');
    expect(canonicalJson('[12345678901234567890]')).not.toBe(
      canonicalJson('[12345678901234567891]')
    );
    expect(canonicalJson('[-0.1234567890123456789e-7]')).toContain('-0.1234567890123456789e-7');
  });

  it('leaves digits in strings alone', () => {
    expect(canonicalJson('{"a\\"1":"12345678901234567890"}')).toBe(
      '{\n  "a\\"1": "12345678901234567890"\n}'
    );
  });

  it.each(['{a: 1}', '', '[1,]'])('refuses %j', text => {
    expect(() => canonicalJson(text)).toThrow(SyntaxError);
  });
});

describe('notebookText', () => {
  const cells = [
    { cell_type: 'markdown', source: ['# Title\n', 'text'] },
    { cell_type: 'code', source: 'print(1)\n', outputs: [{ text: '1' }], execution_count: 3 }
  ];

  it('has the sources of the cells and no outputs', () => {
    const text = '# %% [markdown]\n# Title\ntext\n\n# %%\nprint(1)\n';
    expect(notebookText(JSON.stringify({ cells }))).toBe(text);
  });

  it.each(['{}', '[]', 'null', 'no'])('refuses %s', text => {
    expect(() => notebookText(text)).toThrow(SyntaxError);
  });
});

describe('decode', () => {
  it.each([
    [[0x61, 0xc3, 0xa9], 'aé', 'UTF-8'],
    [[0xef, 0xbb, 0xbf, 0x61], 'a', 'UTF-8'],
    [[0xff, 0xfe, 0x61, 0], 'a', 'UTF-16'],
    [[0x61, 0xe9], 'aé', 'Windows-1252'],
    [[], '', 'UTF-8']
  ])('reads %j', (bytes, text, encoding) => {
    expect(decode(new Uint8Array(bytes))).toEqual({ text, encoding });
  });

  it('knows that what has zeros is no text', () => {
    expect(decode(new Uint8Array([0x50, 0x4b, 0, 1]))).toBeNull();
  });
});

describe('modesOf', () => {
  it.each([
    ['a/b.CSV', 'table'],
    ['x.tsv', 'table'],
    ['x.json', 'json'],
    ['x.ipynb', 'cells'],
    ['x.png', 'image'],
    ['x.parquet', 'bytes'],
    ['x.py', 'text'],
    ['a.png/README', 'text']
  ])('shows %s as %s first', (path, mode) => {
    expect(modesOf(path)[0]).toBe(mode);
  });

  it('looks for the suffix in the name only', () => {
    expect(suffixOf('a.b/c')).toBe('');
    expect(suffixOf('a/.gitignore')).toBe('gitignore');
  });
});
