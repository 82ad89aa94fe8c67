import { dataset } from '../../__tests__/fakes';
import { ipython, python, shell } from '../quote';
import {
  getMagic,
  mountedSnippet,
  mountMagic,
  pythonSnippet,
  referenceTo,
  settingsSnippet,
  shellCellSnippet,
  shellSnippet,
  urlSnippet,
  workflowSnippet
} from '../snippets';

const AWKWARD = 'it\'s "my" $HOME {data} \\ ü';

describe('quoting', () => {
  it('makes Python strings', () => {
    expect(python(AWKWARD)).toBe('"it\'s \\"my\\" $HOME {data} \\\\ ü"');
  });

  it.each([
    ['flowers:latest', 'flowers:latest'],
    ['./flowers', './flowers'],
    ['a b', "'a b'"],
    ['-x', "'-x'"],
    ['~x', "'~x'"],
    ['', "''"],
    [AWKWARD, "'it'\\''s \"my\" $HOME {data} \\ ü'"]
  ])('makes one shell word of %j', (text, word) => {
    expect(shell(text)).toBe(word);
  });

  it('keeps IPython from replacing anything', () => {
    expect(ipython('a {b} $c $ d')).toBe('a {{b}} $$c $ d');
    expect(ipython("'a $c'")).toBe("'a $c'");
    expect(ipython("'$c it'\\''s'")).toBe("'$$c it'\\''s'");
    expect(ipython("'$c {it'\\''s}'")).toBe("'$$c {{it'\\''s}}'");
  });
});

describe('snippets', () => {
  const use = { reference: 'flowers:latest', name: 'flowers', table: 'data/train.csv' };

  it('follow the name, or keep to ids', () => {
    expect(referenceTo(dataset(), 'vvvvv02', 'latest')).toBe('flowers:latest');
    expect(referenceTo(dataset(), 'vvvvv02', 'production')).toBe('flowers:production');
    expect(referenceTo(dataset(), 'vvvvv02', 'vvvvv02')).toBe('ds00000000000aa:vvvvv02');
  });

  it('read a table only where there is one', () => {
    expect(pythonSnippet(use)).toBe(
      'import jupyter_gradient_data as jgd\nimport pandas as pd\n\n' +
        'version = jgd.version("flowers:latest")\n' +
        'data = pd.read_csv(version.path("data/train.csv"))\ndata.head()'
    );
    const none = pythonSnippet({ ...use, table: null });
    expect(none).not.toContain('pandas');
    expect(none).toContain('version.files');
  });

  it('read by a URL', () => {
    expect(urlSnippet(use)).toBe(
      'import pandas as pd\n\n' +
        'data = pd.read_csv("gradient://flowers:latest/data/train.csv")\ndata.head()'
    );
    const none = urlSnippet({ ...use, table: null });
    expect(none).toContain('fsspec.filesystem("gradient").find("flowers:latest")');
  });

  it('are magics, too', () => {
    expect(mountMagic(use)).toBe('%dataset mount flowers:latest');
    expect(getMagic(use)).toBe('%dataset get flowers:latest ./flowers');
    expect(getMagic({ ...use, reference: 'my {a}:v1', name: 'my $b' })).toBe(
      "%dataset get 'my {{a}}:v1' './my $b'"
    );
  });

  it('read what is mounted where it is', () => {
    expect(mountedSnippet('/inputs/flowers', 'data/train.csv')).toBe(
      'import pandas as pd\n\ndata = pd.read_csv("/inputs/flowers/data/train.csv")\ndata.head()'
    );
    expect(mountedSnippet('/inputs/my "data"', null)).toContain('Path("/inputs/my \\"data\\"")');
  });

  it('mount it with the workspace', () => {
    expect(settingsSnippet(use).split('\n')).toEqual([
      '# .gradient/settings.yaml',
      'integrations:',
      '  flowers:',
      '    type: dataset',
      '    ref: "flowers:latest"'
    ]);
    expect(settingsSnippet({ ...use, name: 'a: b' })).toContain('\n  "a: b":\n');
  });

  it.each([
    ['x.tsv', 'pd.read_csv(version.path("x.tsv"), sep="\\t")'],
    ['x.parquet', 'pd.read_parquet(version.path("x.parquet"))'],
    ['a"$&.jsonl', 'pd.read_json(version.path("a\\"$&.jsonl"), lines=True)']
  ])('read %s as what it is', (table, call) => {
    expect(pythonSnippet({ ...use, table })).toContain(`data = ${call}`);
  });

  it('quote names for the language they are in', () => {
    const odd = { reference: `${AWKWARD}:latest`, name: AWKWARD, table: null };
    expect(pythonSnippet(odd)).toContain(`jgd.version(${python(odd.reference)})`);
    expect(shellSnippet(odd)).toBe(
      `gradient datasets files get --id ${shell(odd.reference)} --target-path ${shell(`./${AWKWARD}`)}`
    );
    expect(shellCellSnippet(odd)).toContain('{{data}}');
    expect(shellCellSnippet(odd)).toContain('"{sys.executable}"');
  });

  it('name the input of a workflow plainly', () => {
    expect(workflowSnippet(use)).toBe(
      [
        '# The files are in /inputs/flowers while the job runs.',
        'inputs:',
        '  flowers:',
        '    type: dataset',
        '    with:',
        '      ref: "flowers:latest"'
      ].join('\n')
    );
    const input = (name: string): string => workflowSnippet({ ...use, name }).split('\n')[2];
    expect(input('Überraschung 2: "x"')).toBe('  uberraschung-2-x:');
    expect(input('花')).toBe('  data:');
    expect(input('2024')).toBe('  data-2024:');
  });
});
