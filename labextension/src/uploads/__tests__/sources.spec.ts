import './helpers';
import { nullTranslator } from '@jupyterlab/translation';
import { describe as describeNames, fromFiles, fromHandles, readDrop } from '../sources';
import type { ISource, Sources } from '../tokens';
import { fileOf } from './helpers';

type Tree = { [name: string]: Tree | string | Error };

async function all(sources: Sources): Promise<ISource[]> {
  const found: ISource[] = [];
  for await (const source of sources) {
    found.push(source);
  }
  return found;
}

const paths = (found: ISource[]): string[] => found.map(({ path }) => path).sort();

/** As `webkitGetAsEntry` gives it: some entries at a time. */
function entryOf(name: string, node: Tree | string | Error): FileSystemEntry {
  if (typeof node === 'string') {
    const file = (resolve: (file: File) => void): void => resolve(fileOf(name, node));
    return { name, isFile: true, file } as unknown as FileSystemEntry;
  }
  const rest = node instanceof Error ? [] : Object.entries(node).map(one => entryOf(...one));
  const readEntries = (
    resolve: (entries: FileSystemEntry[]) => void,
    reject: (error: Error) => void
  ): void => (node instanceof Error ? reject(node) : resolve(rest.splice(0, 100)));
  return {
    name,
    isFile: false,
    createReader: () => ({ readEntries })
  } as unknown as FileSystemEntry;
}

function handleOf(name: string, node: Tree | string | Error): FileSystemHandle {
  if (typeof node === 'string') {
    return { name, kind: 'file', getFile: async () => fileOf(name, node) } as never;
  }
  const values = async function* (): AsyncGenerator<FileSystemHandle> {
    if (node instanceof Error) {
      throw node;
    }
    for (const one of Object.entries(node)) {
      yield handleOf(...one);
    }
  };
  return { name, kind: 'directory', values } as never;
}

function dropOf(items: Partial<DataTransferItem>[]): DataTransfer {
  return { items: items.map(item => ({ kind: 'file', getAsFile: () => null, ...item })) } as never;
}

const many: Tree = Object.fromEntries(
  Array.from({ length: 250 }, (_, at) => [`${at}.txt`, String(at)])
);
const photos: Tree = { '.DS_Store': 'junk', 'a.txt': 'a', deep: { er: { 'b.txt': 'b' } }, many };

describe('readDrop', () => {
  it('finds all files of nested folders, however few the browser gives at once', async () => {
    const item = { webkitGetAsEntry: () => entryOf('photos', photos) };
    const { names, sources } = readDrop(dropOf([item]));
    const found = await all(sources);
    expect(names).toEqual(['photos']);
    expect(found).toHaveLength(253);
    expect(paths(found)).toEqual(
      expect.arrayContaining(['photos/.DS_Store', 'photos/deep/er/b.txt', 'photos/many/249.txt'])
    );
    expect(await sources.handles).toEqual([]);
  });

  it('uses handles where the page may', async () => {
    Object.assign(window, { isSecureContext: true });
    const handle = handleOf('photos', photos);
    const { sources } = readDrop(
      dropOf([
        {
          webkitGetAsEntry: () => entryOf('photos', new Error('not this way')),
          getAsFileSystemHandle: async () => handle
        } as never
      ])
    );
    expect(await all(sources)).toHaveLength(253);
    expect(await sources.handles).toEqual([handle]);
    Object.assign(window, { isSecureContext: false });
  });

  it('reads what it can, and tells of the rest', async () => {
    const error = new DOMException('no', 'NotReadableError');
    const { sources } = readDrop(
      dropOf([
        { webkitGetAsEntry: () => entryOf('mixed', { 'a.txt': 'a', secret: error }) },
        { getAsFile: () => fileOf('b.txt', 'b') }
      ])
    );
    expect(paths(await all(sources))).toEqual(['b.txt', 'mixed/a.txt', 'mixed/secret']);
    const [secret] = (await all(fromHandles([handleOf('secret', error)]))).filter(
      source => 'problem' in source
    );
    expect(secret).toEqual({ path: 'secret', problem: error });
  });
});

describe('fromFiles', () => {
  it('keeps the folders of what was chosen', async () => {
    const files = ['photos/a.txt', 'photos/deep/b.txt'].map(path =>
      Object.assign(fileOf(path, 'x'), { webkitRelativePath: path })
    );
    const { names, sources } = fromFiles(files);
    expect(names).toEqual(['photos']);
    expect(paths(await all(sources))).toEqual(['photos/a.txt', 'photos/deep/b.txt']);
  });
});

describe('describe', () => {
  it('names the first, and counts the others', () => {
    const trans = nullTranslator.load('');
    expect(describeNames(['a'], trans)).toBe('a');
    expect(describeNames(['a', 'b', 'c'], trans)).toBe('a and 2 more');
  });
});
