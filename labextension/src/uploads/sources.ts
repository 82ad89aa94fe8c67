/** Where files come from: what was dropped, or chosen in one of the browser's dialogs. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { ISource, Sources } from './tokens';

/** Files and folders, and how people call them. */
export interface IChosen {
  names: readonly string[];
  sources: Sources;
}

/** `photos`, or `photos and 3 more`. */
export function describe(names: readonly string[], trans: TranslationBundle): string {
  const [first = ''] = names;
  const more = names.length - 1;
  return more < 1 ? first : trans._n('%2 and %1 more', '%2 and %1 more', more, first);
}

/** A file or folder, whichever way the browser shows it. */
interface INode {
  name: string;
  /** Of a file. */
  read?: () => Promise<File>;
  /** Of a folder. */
  list?: () => Promise<INode[]>;
}

const AT_ONCE = 64; // files of a folder that the browser is asked for at the same time
const AHEAD = 4; // folders that are read before it is their turn

/** What was dropped. To be called while the event is handled: the browser forgets it afterwards. */
export function readDrop(transfer: DataTransfer): IChosen {
  const items = Array.from(transfer.items).filter(({ kind }) => kind === 'file');
  const names: string[] = [];
  const found = items.map(item => {
    const entry = item.webkitGetAsEntry?.() ?? null;
    const file = item.getAsFile();
    const handle = handleOf(item);
    names.push(entry?.name ?? file?.name ?? '');
    return { entry, file, handle };
  });
  const handles = Promise.all(found.map(({ handle }) => handle)).then(all =>
    // Half of it is of no use after a reload.
    all.every(handle => handle !== null) ? (all as FileSystemHandle[]) : []
  );
  const nodes = Promise.all(
    found.map(async ({ entry, file, handle }) => {
      const known = await handle;
      return known ? nodeOfHandle(known) : entry ? nodeOfEntry(entry) : nodeOfFile(file);
    })
  );
  return { names, sources: fromNodes(nodes, handles) };
}

/** What the browser can keep, where it can. Over plain HTTP, Chromium has the function but ends the page. */
async function handleOf(item: DataTransferItem): Promise<FileSystemHandle | null> {
  try {
    return window.isSecureContext ? ((await item.getAsFileSystemHandle?.()) ?? null) : null;
  } catch {
    return null; // not for such a folder
  }
}

/** Files and folders that the browser has kept for us. */
export function fromHandles(handles: readonly FileSystemHandle[]): Sources {
  return fromNodes(Promise.resolve(handles.map(nodeOfHandle)), Promise.resolve(handles));
}

/** What was chosen in an `<input type="file">`. */
export function fromFiles(files: Iterable<File>): IChosen {
  const found = Array.from(files, file => ({ path: file.webkitRelativePath || file.name, file }));
  const names = new Set(found.map(({ path }) => path.split('/')[0]));
  return { names: [...names], sources: found };
}

/** Let the user choose files, or a folder; null when there was no choice. */
export async function choose(what: 'files' | 'folder'): Promise<IChosen | null> {
  try {
    const handles =
      what === 'folder'
        ? window.showDirectoryPicker && [await window.showDirectoryPicker({ mode: 'read' })]
        : window.showOpenFilePicker && (await window.showOpenFilePicker({ multiple: true }));
    if (handles) {
      return { names: handles.map(({ name }) => name), sources: fromHandles(handles) };
    }
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') {
      return null;
    }
    // Not allowed here, as in a frame of another site: the older way works everywhere.
  }
  return chooseByInput(what);
}

function chooseByInput(what: 'files' | 'folder'): Promise<IChosen | null> {
  const input = document.createElement('input');
  input.type = 'file';
  input.multiple = true;
  input.webkitdirectory = what === 'folder';
  return new Promise(resolve => {
    input.addEventListener('change', () =>
      resolve(input.files?.length ? fromFiles(input.files) : null)
    );
    input.addEventListener('cancel', () => resolve(null));
    input.click();
  });
}

// --- trees --------------------------------------------------------------------------------------

function fromNodes(
  nodes: Promise<readonly INode[]>,
  handles: Promise<readonly FileSystemHandle[]>
): Sources {
  return {
    handles,
    async *[Symbol.asyncIterator]() {
      yield* walk(await nodes, '');
    }
  };
}

/** All files, a folder's own before those of its folders; nothing is left out. */
async function* walk(nodes: readonly INode[], prefix: string): AsyncGenerator<ISource> {
  const files = nodes.filter(({ list }) => !list);
  for (let start = 0; start < files.length; start += AT_ONCE) {
    const some = files.slice(start, start + AT_ONCE);
    for (const source of await Promise.all(some.map(node => readNode(node, prefix)))) {
      yield source;
    }
  }
  const folders = nodes.filter(({ list }) => list);
  // While one is gone through, the next ones are read.
  const ahead: Promise<ISource[] | AsyncGenerator<ISource>>[] = [];
  for (let at = 0; at < folders.length; at++) {
    while (ahead.length < Math.min(folders.length, at + AHEAD)) {
      ahead.push(open(folders[ahead.length], prefix));
    }
    for await (const source of await ahead[at]) {
      yield source;
    }
  }
}

/** What is in a folder: all of it when it has no folders and not too many files. */
async function open(
  { name, list }: INode,
  prefix: string
): Promise<ISource[] | AsyncGenerator<ISource>> {
  const path = prefix + name;
  try {
    const nodes = (await list?.()) ?? [];
    const isSmall = nodes.length <= AT_ONCE * 2 && nodes.every(node => !node.list);
    return isSmall
      ? await Promise.all(nodes.map(node => readNode(node, `${path}/`)))
      : walk(nodes, `${path}/`);
  } catch (problem) {
    return [{ path, problem }];
  }
}

async function readNode({ name, read }: INode, prefix: string): Promise<ISource> {
  const path = prefix + name;
  try {
    return read ? { path, file: await read(), again: read } : { path, problem: null };
  } catch (problem) {
    return { path, problem, again: read };
  }
}

function nodeOfHandle(handle: FileSystemHandle): INode {
  const { name } = handle;
  if (handle.kind === 'file') {
    return { name, read: () => (handle as FileSystemFileHandle).getFile() };
  }
  return {
    name,
    list: async () => {
      const nodes: INode[] = [];
      for await (const child of (handle as FileSystemDirectoryHandle).values()) {
        nodes.push(nodeOfHandle(child));
      }
      return nodes;
    }
  };
}

function nodeOfEntry(entry: FileSystemEntry): INode {
  const { name } = entry;
  if (entry.isFile) {
    const file = entry as FileSystemFileEntry;
    return { name, read: () => new Promise((resolve, reject) => file.file(resolve, reject)) };
  }
  return {
    name,
    list: async () => {
      const reader = (entry as FileSystemDirectoryEntry).createReader();
      const nodes: INode[] = [];
      for (;;) {
        // Some at a time, until there are no more.
        const entries = await new Promise<FileSystemEntry[]>((resolve, reject) =>
          reader.readEntries(resolve, reject)
        );
        if (entries.length === 0) {
          return nodes;
        }
        nodes.push(...entries.map(nodeOfEntry));
      }
    }
  };
}

function nodeOfFile(file: File | null): INode {
  return file ? { name: file.name, read: async () => file } : { name: '' };
}
