/** The app over a network that the test answers for. */

import { ServerConnection } from '@jupyterlab/services';
import { nullTranslator } from '@jupyterlab/translation';
import { CommandRegistry } from '@lumino/commands';
import { Signal } from '@lumino/signaling';
import React from 'react';
import { SWRConfig } from 'swr';
import { Client } from '../../api/client';
import type { Dataset, Version } from '../../api/types';
import { AppProvider } from '../../context';
import type { INotice } from '../../data/events';
import type { IGradientData } from '../../tokens';

export const DATASET = 'ds00000000000aa';

/** A request that was made. */
export interface IAsked {
  method: string;
  /** Below `/gradient`, with the query. */
  path: string;
  body: unknown;
}

export interface IFake {
  app: IGradientData;
  asked: IAsked[];
  commands: { id: string; args: unknown }[];
  /** Let an event arrive. */
  notify: (notice: INotice | null) => void;
  Wrapper: (props: { children: React.ReactNode }) => JSX.Element;
}

/** Answers by `METHOD /path` without the query; values are JSON, bytes, or made of the request. */
export type Answers = Record<string, unknown | ((asked: IAsked) => unknown)>;

export function fake(answers: Answers): IFake {
  const asked: IAsked[] = [];
  const fetch = async (input: RequestInfo): Promise<Response> => {
    const request = input as Request;
    const url = new URL(request.url);
    const path = url.pathname.replace(/^.*\/gradient/, '');
    const isJson = (request.headers.get('Content-Type') ?? '').includes('json');
    const bytes = new Uint8Array(await request.arrayBuffer());
    const one = {
      method: request.method,
      path: path + url.search.replace(/[?&]\d{13}$/, ''), // Jupyter's, against caches
      body: isJson ? JSON.parse(new TextDecoder().decode(bytes)) : bytes.length ? bytes : undefined
    };
    asked.push(one);
    const found = answers[`${request.method} ${path}`];
    const value = typeof found === 'function' ? found(one) : found;
    if (value instanceof Response) {
      return value;
    }
    if (value === undefined) {
      return refusal(404, 'not_found', `Nothing is at ${path}.`);
    }
    return new Response(typeof value === 'string' ? value : JSON.stringify(value));
  };
  const settings = ServerConnection.makeSettings({ baseUrl: 'http://server/', fetch });
  const registry = new CommandRegistry();
  const commands: IFake['commands'] = [];
  const notices = new Signal<object, INotice | null>({});
  registry.commandExecuted.connect((_, { id, args }) => commands.push({ id, args }));
  const app = {
    client: new Client(settings),
    commands: registry,
    connection: { refresh: () => undefined },
    events: { changed: notices },
    trans: nullTranslator.load('')
  } as unknown as IGradientData;
  const notify = (notice: INotice | null): void => notices.emit(notice);
  const Wrapper = ({ children }: { children: React.ReactNode }): JSX.Element => (
    <SWRConfig value={{ provider: () => new Map() }}>
      <AppProvider app={app}>{children}</AppProvider>
    </SWRConfig>
  );
  return { app, asked, commands, notify, Wrapper };
}

export function refusal(status: number, code: string, message: string): Response {
  return new Response(JSON.stringify({ code, message, hint: '' }), { status });
}

export function page<T>(items: T[], next_token: string | null = null): object {
  return { items, next_token };
}

export function dataset(change: Partial<Dataset> = {}): Dataset {
  return {
    id: DATASET,
    name: 'flowers',
    description: 'Photos',
    latest: 'vvvvv02',
    files: 3,
    bytes: 300,
    tags: [],
    uncommitted: 0,
    is_public: false,
    provider: {
      id: 'sp00000000000aa',
      name: 'Gradient Managed',
      kind: 'managed',
      s3: null,
      is_team_default: true,
      quota_bytes: null,
      used_bytes: 300,
      created: '2026-01-01T00:00:00Z',
      modified: '2026-01-01T00:00:00Z'
    },
    created: '2026-01-01T00:00:00Z',
    modified: '2026-01-02T00:00:00Z',
    ...change
  };
}

/** A committed version; `at` orders them. */
export function version(at: number, change: Partial<Version> = {}): Version {
  const time = new Date(Date.UTC(2026, 0, 1) + at * 60_000).toISOString();
  return {
    dataset: DATASET,
    version: `vvvvv${String(at).padStart(2, '0')}`,
    state: 'committed',
    message: `Message ${at}`,
    author: 'ada',
    tags: [],
    root: 'ab'.repeat(32),
    parent: null,
    files: 3,
    bytes: 300,
    metadata: {},
    created: time,
    modified: time,
    committed: time,
    ...change
  };
}

/** jsdom has no layout, and a virtual list draws what fits. */
export function giveLayout(): void {
  Object.defineProperties(HTMLElement.prototype, {
    clientHeight: { configurable: true, get: () => 600 },
    clientWidth: { configurable: true, get: () => 800 },
    offsetHeight: { configurable: true, get: () => 100 }
  });
}
