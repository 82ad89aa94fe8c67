/** What components get in tests: everything real but the network, the connection and uploads. */

import { ServerConnection, type Contents } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import { mutate } from 'swr';
import { Client } from '../api/client';
import type { ApiError } from '../api/request';
import type {
  Dataset,
  Mount,
  PublicDataset,
  ServerInfo,
  TaskInfo,
  Version,
  Volumes
} from '../api/types';
import type { ConnectionState } from '../data/connection';
import { NotebookLocks } from '../lock/locks';
import { Settings } from '../settings';
import type { IGradientData } from '../tokens';
import type { IUpload } from '../uploads/tokens';

export interface IAsked {
  method: string;
  /** Path below `gradient/api`, without its query. */
  path: string;
  query: URLSearchParams;
  body: unknown;
  signal: AbortSignal;
}

/** What the server answers: JSON with status 200, an answer of its own, or nothing ever (null). */
type Answer = (asked: IAsked) => unknown;

/** Answers by `METHOD /path`, the path as it is asked for without its query. */
export type Routes = Record<string, Answer>;

export class FakeServer {
  readonly asked: IAsked[] = [];

  constructor(readonly routes: Routes) {}

  /** How often something was asked for. */
  count(method: string, path: string): number {
    return this.asked.filter(one => one.method === method && one.path === path).length;
  }

  readonly fetch = async (request: RequestInfo | URL): Promise<Response> => {
    const { method, url, signal } = request as Request;
    const { pathname, searchParams: query } = new URL(url);
    const path = pathname.replace('/gradient/api', '');
    const given = await (request as Request).text();
    const asked: IAsked = {
      method,
      path,
      query,
      body: given ? JSON.parse(given) : undefined,
      signal
    };
    this.asked.push(asked);
    const answer = this.routes[`${method} ${path}`];
    const found = answer ? answer(asked) : fail(404, 'not_found', `Nobody answers ${path}.`);
    return found instanceof Response ? found : ok(await found);
  };
}

function ok(body: unknown): Response {
  return new Response(body === undefined ? null : JSON.stringify(body), {
    status: body === undefined ? 204 : 200
  });
}

export function fail(status: number, code: string, message: string, hint = ''): Response {
  return new Response(JSON.stringify({ code, message, hint }), { status });
}

export function page<T>(...items: T[]): { items: T[]; next_token: null } {
  return { items, next_token: null };
}

/** Resolves when the request is aborted, to nothing. */
export function never({ signal }: IAsked): Promise<never> {
  return new Promise((_, reject) =>
    signal.addEventListener('abort', () => reject(new DOMException('', 'AbortError')))
  );
}

export class FakeConnection {
  state: ConnectionState = 'ok';
  info: Partial<ServerInfo> | null = { trash_days: 30 };
  error: ApiError | null = null;
  readonly changed = new Signal<this, ConnectionState>(this);
  refreshed = 0;

  refresh(): void {
    this.refreshed += 1;
  }

  become(state: ConnectionState, error: ApiError | null = null): void {
    this.state = state;
    this.error = error;
    this.changed.emit(state);
  }
}

export class FakeUploads {
  all: Partial<IUpload>[] = [];
  readonly changed = new Signal<this, void>(this);

  set(...all: Partial<IUpload>[]): void {
    this.all = all;
    this.changed.emit();
  }

  async settled(): Promise<void> {
    return;
  }
}

export interface IFakeApp {
  app: IGradientData;
  server: FakeServer;
  connection: FakeConnection;
  uploads: FakeUploads;
}

export function fakeApp(routes: Routes = {}): IFakeApp {
  void mutate(() => true, undefined); // what the last test has fetched
  const server = new FakeServer(routes);
  const settings = ServerConnection.makeSettings({
    baseUrl: 'http://localhost/',
    fetch: server.fetch,
    Request
  });
  const connection = new FakeConnection();
  const uploads = new FakeUploads();
  const contents: Partial<Contents.IManager> = {
    driveName: path => (path.includes(':') ? path.split(':')[0] : ''),
    localPath: path => path.split(':').pop() ?? ''
  };
  const app = {
    client: new Client(settings),
    commands: new CommandRegistry(),
    connection,
    contents,
    locks: new NotebookLocks(),
    settings: new Settings(),
    trans: nullTranslator.load(''),
    translator: nullTranslator,
    uploads
  };
  return { app: app as unknown as IGradientData, server, connection, uploads };
}

export function dataset(change: Partial<Dataset> = {}): Dataset {
  return {
    id: 'ds0000000000001',
    name: 'flowers',
    description: '',
    latest: 'aaaaaa1',
    files: 5,
    bytes: 9000,
    tags: [],
    uncommitted: 0,
    created: '2026-01-01T00:00:00Z',
    modified: '2026-01-02T00:00:00Z',
    ...change
  } as Dataset;
}

export function version(change: Partial<Version> = {}): Version {
  return {
    dataset: 'ds0000000000001',
    version: 'bbbbbb2',
    state: 'uncommitted',
    message: 'Work in progress',
    author: 'me',
    tags: [],
    root: null,
    parent: 'ds0000000000001:aaaaaa1',
    files: null,
    bytes: null,
    metadata: {},
    created: '2026-01-02T00:00:00Z',
    modified: '2026-01-02T00:00:00Z',
    committed: null,
    ...change
  };
}

export function mount(change: Partial<Mount> = {}): Mount {
  const name = change.name ?? 'flowers';
  return {
    name,
    reference: `${name}:latest`,
    dataset: 'ds0000000000001',
    dataset_name: name,
    version: 'aaaaaa1',
    newer: null,
    is_writable: false,
    state: 'mounted',
    path: `/inputs/${name}`,
    local_path: `/state/inputs/${name}`,
    files: 5,
    bytes: 9000,
    error: null,
    created: '2026-01-01T00:00:00Z',
    modified: '2026-01-02T00:00:00Z',
    ...change
  };
}

export function volumes(mode: Volumes['mode'] = 'namespace'): Volumes {
  const datasets = {
    name: 'datasets',
    path: '/datasets',
    local_path: '/state/datasets',
    is_writable: false,
    used_bytes: null,
    limit_bytes: null,
    free_bytes: 1_000_000
  };
  return { notebook: 'default', region: '', mode, reason: 'It is so.', volumes: [datasets] };
}

export function publicDataset(change: Partial<PublicDataset> = {}): PublicDataset {
  const name = change.name ?? 'mnist';
  return {
    name,
    title: '',
    description: '',
    homepage: '',
    licence: 'MIT',
    licence_terms: '',
    notes: '',
    source: 'gradient',
    files: [],
    bytes: 9000,
    state: 'absent',
    path: `/datasets/${name}`,
    local_path: `/state/datasets/${name}`,
    ...change
  };
}

type Progress = NonNullable<TaskInfo['progress']>;

export function task(change: Partial<TaskInfo> = {}): TaskInfo {
  return {
    id: 'tk1',
    kind: 'mount',
    subject: 'default/flowers',
    state: 'running',
    progress: null,
    result: null,
    error: null,
    created: '2026-01-01T00:00:00Z',
    finished: null,
    ...change
  };
}

export function progress(change: Partial<Progress> = {}): Progress {
  return {
    phase: 'fetching',
    files_done: 0,
    files_total: null,
    bytes_done: 0,
    bytes_total: null,
    rate: null,
    seconds_left: null,
    ...change
  } as Progress;
}
