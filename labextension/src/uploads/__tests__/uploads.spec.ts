import 'fake-indexeddb/auto';
import { IDBFactory } from 'fake-indexeddb';
import './helpers';
import { nullTranslator } from '@jupyterlab/translation';
import type { ISource, IUpload, Sources } from '../tokens';
import { Uploads } from '../uploads';
import { FakeConnection, FakeServer, FakeWorker, fileOf, problem } from './helpers';

jest.mock('../newWorker', () => ({ newWorker: () => new FakeWorker() }));
jest.mock('tus-js-client', () => jest.requireActual('tus-js-client/lib.es5/browser'));

const REF = { dataset: 'ds1', version: 'v1' };
const MEGA = 1024 * 1024;

let server: FakeServer;
let connection: FakeConnection;

beforeEach(() => {
  server = new FakeServer();
  connection = new FakeConnection();
  window.localStorage.clear();
  window.indexedDB = new IDBFactory();
});

/** As after a (re)load of the page. */
function open(): Uploads {
  return new Uploads(server.client, connection.asReal, nullTranslator.load(''));
}

function until(uploads: Uploads, is: (upload: IUpload) => boolean): Promise<IUpload> {
  return new Promise(resolve => {
    const look = (): void => {
      const found = uploads.all.find(is);
      if (found) {
        uploads.changed.disconnect(look);
        resolve(found);
      }
    };
    uploads.changed.connect(look);
    look();
  });
}

const hasEnded = ({ state }: IUpload): boolean => ['done', 'failed', 'cancelled'].includes(state);

const SMALL: ISource[] = [
  { path: 'a.txt', file: fileOf('a', 'a rose') },
  { path: 'b/c.txt', file: fileOf('c', 'is a rose') },
  { path: 'empty', file: fileOf('e', '') }
];
const large = (name: string, size = 5 * MEGA): ISource => ({
  path: name,
  file: fileOf(name, size)
});

describe('Uploads', () => {
  it('puts small files in packs and large ones by tus, and ends the put', async () => {
    const uploads = open();
    uploads.add(REF, 'in/', 'photos', [...SMALL, large('big.bin')]);
    const upload = await until(uploads, hasEnded);
    expect([upload.state, upload.error]).toEqual(['done', null]);
    expect([upload.filesDone, upload.bytesDone]).toEqual([4, 5 * MEGA + 15]);
    expect([...server.files.keys()].sort()).toEqual([
      'in/a.txt',
      'in/b/c.txt',
      'in/big.bin',
      'in/empty'
    ]);
    expect(server.puts.size).toBe(0);
    expect(server.log.filter(line => line === 'POST packs')).toHaveLength(1);
    await uploads.settled(REF);
  });

  it('sends nothing that the server has', async () => {
    const uploads = open();
    uploads.add(REF, '', 'first', [...SMALL, large('big.bin')]);
    await until(uploads, hasEnded);
    server.received = 0;
    uploads.add(REF, 'again/', 'second', [...SMALL, large('big.bin')]);
    const upload = await until(uploads, one => one.title === 'second' && hasEnded(one));
    expect([upload.state, upload.bytesSkipped]).toEqual(['done', upload.bytesTotal]);
    expect(server.received).toBe(0);
    expect(server.files.has('again/big.bin')).toBe(true);
  });

  it('composes paths, and refuses those that cannot be, one by one', async () => {
    const uploads = open();
    const x = fileOf('x', 'x');
    const bad = ['a/../b', 'u\u0308.txt', '\u00fc.txt'].map(path => ({ path, file: x }));
    uploads.add(REF, '', 'bad', [...SMALL, ...bad]);
    const upload = await until(uploads, hasEnded);
    expect([upload.state, upload.filesDone, upload.filesFailed]).toEqual(['failed', 4, 2]);
    expect(upload.files.map(({ path }) => path)).toEqual(['a/../b', '\u00fc.txt']);
    expect(upload.canRetry).toBe(false);
    // Until the user has decided, the version must not be committed.
    expect(server.puts.size).toBe(1);
    uploads.dismiss(upload.id);
    expect(uploads.all).toEqual([]);
  });

  it('finds the one file that the server refuses', async () => {
    server.hook = async (_, what, body) =>
      what === 'stage' && body.includes('b/c.txt')
        ? problem(409, 'paths_clash', 'b/c.txt and b cannot both be in one version.')
        : null;
    const uploads = open();
    uploads.add(REF, '', 'clash', SMALL);
    const upload = await until(uploads, hasEnded);
    expect([upload.filesDone, upload.filesFailed]).toEqual([2, 1]);
    expect(upload.files[0].error?.message).toContain('b/c.txt and b');

    server.hook = async () => null;
    uploads.retry(upload.id, 'b/c.txt');
    await until(uploads, ({ state }) => state === 'done');
    expect(server.files.has('b/c.txt')).toBe(true);
    expect(server.puts.size).toBe(0);
  });

  it('ends at once with what concerns all files', async () => {
    server.hook = async (_, what) =>
      what === 'packs' ? problem(413, 'quota_exceeded', 'It does not fit.') : null;
    const uploads = open();
    const ended = jest.fn();
    uploads.ended.connect(ended);
    uploads.add(REF, '', 'much', SMALL);
    const upload = await until(uploads, hasEnded);
    expect([upload.state, upload.error?.message]).toEqual(['failed', 'It does not fit.']);
    expect(upload.filesFailed).toBe(0);
    expect(ended).toHaveBeenCalledTimes(1);

    server.hook = async () => null;
    uploads.retry(upload.id);
    expect((await until(uploads, ({ state }) => state === 'done')).filesDone).toBe(3);
  });

  it('waits while the server is away, and sends large files from where they were', async () => {
    let isAway = true;
    server.hook = async (method, what) => {
      if (isAway && method === 'PATCH' && what === 'uploads') {
        throw new TypeError('Failed to fetch');
      }
      return null;
    };
    const uploads = open();
    uploads.add(REF, '', 'big', [large('big.bin', 20 * MEGA)]);
    await until(uploads, ({ isOffline, state }) => isOffline && state === 'running');
    expect(connection.refresh).toHaveBeenCalled();
    isAway = false;
    const upload = await until(uploads, hasEnded);
    expect(upload.state).toBe('done');
    expect(server.received).toBe(20 * MEGA);
    expect(server.uploads.size).toBe(1);
  });

  it('reads a file anew that changed, and tells of one that is gone', async () => {
    const gone = new DOMException('gone', 'NotFoundError');
    const broken = (name: string): File => {
      const file = fileOf(name, 3 * MEGA);
      file.slice = () => ({ arrayBuffer: () => Promise.reject(gone) }) as unknown as Blob;
      return file;
    };
    const changed = {
      path: 'new',
      file: broken('old'),
      again: async () => fileOf('new', 2 * MEGA)
    };
    const missing = { path: 'gone', file: broken('gone'), again: () => Promise.reject(gone) };
    const uploads = open();
    uploads.add(REF, '', 'changing', [changed, missing]);
    const upload = await until(uploads, hasEnded);
    expect(upload.files.map(({ path, error }) => [path, error?.message])).toEqual([
      ['gone', 'The file is not there any more.']
    ]);
    expect(server.files.get('new')?.size).toBe(2 * MEGA);
  });

  it('stops while it is paused, and goes on', async () => {
    const uploads = open();
    const { id } = uploads.add(REF, '', 'pausing', [large('big.bin', 20 * MEGA)]);
    server.hook = async method => {
      if (method === 'PATCH') {
        uploads.pause(id);
        await until(uploads, ({ state }) => state === 'paused');
      }
      return null;
    };
    await until(uploads, ({ state }) => state === 'paused');
    expect(server.puts.size).toBe(1);
    expect(server.files.size).toBe(0);
    server.hook = async () => null;
    uploads.resume(id);
    expect((await until(uploads, hasEnded)).state).toBe('done');
    expect(server.received).toBeLessThan(30 * MEGA);
  });

  it('leaves nothing promised when it is cancelled', async () => {
    const uploads = open();
    const { id } = uploads.add(REF, '', 'cancelling', [large('big.bin', 20 * MEGA)]);
    server.hook = async method => {
      if (method === 'PATCH') {
        uploads.cancel(id);
        await until(uploads, ({ state }) => state === 'cancelled');
      }
      return null;
    };
    await until(uploads, ({ state }) => state === 'cancelled');
    await new Promise<void>(resolve => {
      const look = (): void => (server.puts.size === 0 ? resolve() : void setImmediate(look));
      look();
    });
    expect(server.uploads.size).toBe(0);
    expect(server.files.size).toBe(0);
  });
});

describe('after a reload', () => {
  const chosen = (): ISource[] => [...SMALL, large('big.bin', 20 * MEGA)];

  /** An upload that is interrupted when the small files and half of the large one have arrived. */
  async function interrupted(sources: Sources): Promise<void> {
    const uploads = open();
    uploads.add(REF, '', 'photos', sources);
    let patches = 0;
    await new Promise<void>(resolve => {
      server.hook = (method, what) => {
        const isTooMuch = method === 'PATCH' && what === 'uploads' && ++patches > 2;
        if (isTooMuch) {
          resolve();
        }
        // What is asked from now on is never answered, as the page is gone.
        return isTooMuch ? new Promise(() => undefined) : Promise.resolve(null);
      };
    });
    await until(uploads, ({ filesDone }) => filesDone === 3);
  }

  it('waits for the same files, and sends only what is missing', async () => {
    await interrupted(chosen());
    const sent = server.received;
    server.hook = async () => null;
    const uploads = open();
    const upload = await until(uploads, ({ state }) => state === 'waiting');
    expect([upload.waitsFor, upload.filesDone, upload.filesTotal]).toEqual(['files', 3, 4]);
    uploads.continueWith(upload.id, chosen());
    expect((await until(uploads, hasEnded)).state).toBe('done');
    expect(server.received).toBe(20 * MEGA + 15);
    expect(sent).toBeGreaterThan(15);
    expect(server.uploads.size).toBe(1);
    expect(server.puts.size).toBe(0);
    expect(window.localStorage).toHaveLength(0);
    expect(open().all).toEqual([]);
  });

  it('goes on when the same is dropped anew, and tells what is missing', async () => {
    await interrupted(chosen());
    server.hook = async () => null;
    const uploads = open();
    await until(uploads, ({ state }) => state === 'waiting');
    uploads.add(REF, '', 'photos', SMALL);
    const upload = await until(uploads, hasEnded);
    expect(uploads.all).toHaveLength(1);
    expect(upload.files.map(({ path, error }) => [path, error?.message])).toEqual([
      ['big.bin', 'The file is not among those that were chosen now.']
    ]);
    uploads.dismiss(upload.id);
  });
});
