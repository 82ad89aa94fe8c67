/** How to use a version, in the languages that people use it from. */

import type { Dataset } from '../../api/types';
import { suffixOf } from '../compare/modes';
import { ipython, python, shell, yaml } from './quote';

/** What to write: a reference, the name of its dataset, and a table in it, if there is one. */
interface IUse {
  reference: string;
  name: string;
  table: string | null;
}

/** Suffixes of files that pandas reads, and how; `%` stands for the path. */
const READERS: Record<string, string> = {
  csv: 'pd.read_csv(%)',
  tsv: 'pd.read_csv(%, sep="\\t")',
  parquet: 'pd.read_parquet(%)',
  jsonl: 'pd.read_json(%, lines=True)'
};

export const TABLE_SUFFIXES = Object.keys(READERS);

/** A reference that always means the same, or one that follows the newest version or a tag. */
export function referenceTo(dataset: Dataset, version: string, selector: string): string {
  return selector === version ? `${dataset.id}:${version}` : `${dataset.name}:${selector}`;
}

/** Reads the table, or lists the files, by our own library. */
export function pythonSnippet({ reference, table }: IUse): string {
  const version = ['', `version = jgd.version(${python(reference)})`];
  const read = reader(table, name => `version.path(${python(name)})`);
  if (read === undefined) {
    return ['import jupyter_gradient_data as jgd', ...version, 'version.files'].join('\n');
  }
  const [pandas, , ...lines] = read;
  return ['import jupyter_gradient_data as jgd', pandas, ...version, ...lines].join('\n');
}

/** Reads the table, or lists the files, by a URL, which all that builds on fsspec takes. */
export function urlSnippet({ reference, table }: IUse): string {
  const read = reader(table, name => python(`gradient://${reference}/${name}`));
  const list = `fsspec.filesystem("gradient").find(${python(reference)})`;
  return (read ?? ['import fsspec', '', list]).join('\n');
}

/** Mounts it from a cell. */
export function mountMagic({ reference }: IUse): string {
  return `%dataset mount ${ipython(shell(reference))}`;
}

/** Copies its files from a cell. */
export function getMagic({ reference, name }: IUse): string {
  return `%dataset get ${ipython(`${shell(reference)} ${shell(`./${name}`)}`)}`;
}

/** Reads the table where it is mounted. */
export function mountedSnippet(path: string, table: string | null): string {
  const read = reader(table, name => python(`${path}/${name}`));
  const list = `sorted(path for path in Path(${python(path)}).rglob("*") if path.is_file())`;
  return (read ?? ['from pathlib import Path', '', list]).join('\n');
}

/** Lines that read a table with pandas; undefined where there is none. */
function reader(table: string | null, pathOf: (table: string) => string): string[] | undefined {
  const read = table === null ? undefined : READERS[suffixOf(table)];
  if (table === null || read === undefined) {
    return undefined;
  }
  return [
    'import pandas as pd',
    '',
    `data = ${read.replace('%', () => pathOf(table))}`,
    'data.head()'
  ];
}

/** What is mounted whenever a notebook server starts in the workspace. */
export function settingsSnippet({ reference, name }: IUse): string {
  return [
    '# .gradient/settings.yaml',
    'integrations:',
    `  ${yamlKey(name)}:`,
    '    type: dataset',
    `    ref: ${yaml(reference)}`
  ].join('\n');
}

function yamlKey(name: string): string {
  return /^[A-Za-z][\w-]*$/.test(name) ? name : yaml(name);
}

export function shellSnippet(use: IUse): string {
  return `gradient ${get(use)}`;
}

export function shellCellSnippet(use: IUse): string {
  // By the kernel's own Python: `jupyter` is not on the path of every kernel.
  return `import sys\n!"{sys.executable}" -m jupyter_gradient_data.cli ${ipython(get(use))}`;
}

function get({ reference, name }: IUse): string {
  return `datasets files get --id ${shell(reference)} --target-path ${shell(`./${name}`)}`;
}

/** An input of a job in a workflow file. */
export function workflowSnippet({ reference, name }: IUse): string {
  const input = inputName(name);
  return [
    `# The files are in /inputs/${input} while the job runs.`,
    'inputs:',
    `  ${input}:`,
    '    type: dataset',
    '    with:',
    `      ref: ${yaml(reference)}`
  ].join('\n');
}

function inputName(name: string): string {
  const plain = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replace(/[^A-Za-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
    .toLowerCase();
  return /^[a-z]/.test(plain) ? plain : `data-${plain}`.replace(/-$/, '');
}
