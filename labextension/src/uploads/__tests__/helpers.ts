/** A server in memory that takes uploads, and what jsdom lacks of a browser. */

import { createHash } from 'crypto';
import * as buffer from 'buffer';
import { deserialize, serialize } from 'v8';
import { decode } from '@msgpack/msgpack';
import { ServerConnection } from '@jupyterlab/services';
import { Signal } from '@lumino/signaling';
import { Client } from '../../api/client';
import type { Connection, ConnectionState } from '../../data/connection';
import { hashBytes, hashLarge, readFiles } from '../hashing';
import type { Answer, Job } from '../hashingPool';

// jsdom's signals know no reason.
const reasons = new WeakMap<AbortSignal, unknown>();
const { abort } = AbortController.prototype;
AbortController.prototype.abort = function (reason: unknown = new DOMException('', 'AbortError')) {
  if (!this.signal.aborted) {
    reasons.set(this.signal, reason);
    abort.call(this);
  }
};
Object.defineProperty(AbortSignal.prototype, 'reason', {
  configurable: true,
  get(this: AbortSignal) {
    return reasons.get(this);
  }
});
AbortSignal.prototype.throwIfAborted = function () {
  if (this.aborted) {
    throw this.reason;
  }
};

Object.assign(globalThis, {
  Blob: buffer.Blob,
  File: buffer.File,
  structuredClone: (value: unknown) => deserialize(serialize(value))
});

type Entry = [path: Uint8Array, size: number, hash: Uint8Array, executable: boolean];

interface IResumable {
  path: string;
  size: number;
  hash: string;
  data: Buffer;
}

const FOOTER_ENTRY = 41;
const TRAILER = 44;

/** What a test may look at, refuse or hold up: method, what is asked (`stage`, `packs`, `uploads`…), body. */
export type Hook = (method: string, what: string, body: Buffer) => Promise<Response | null>;

export class FakeServer {
  readonly files = new Map<string, { hash: string; size: number }>();
  readonly blobs = new Set<string>();
  readonly puts = new Set<string>();
  readonly uploads = new Map<string, IResumable>();
  /** What was asked, in order: `POST stage`. */
  readonly log: string[] = [];
  /** Bytes of contents that were sent. */
  received = 0;
  hook: Hook = async () => null;

  readonly client = new Client(
    ServerConnection.makeSettings({
      baseUrl: 'http://lab/',
      Request: FakeRequest as unknown as typeof Request,
      fetch: (request: RequestInfo | URL) => this._fetch(request as unknown as FakeRequest)
    })
  );

  private async _fetch(request: FakeRequest): Promise<Response> {
    const { method, headers } = request;
    const path = new URL(request.url).pathname;
    const [, what, id] = /\/(puts|stage|packs|uploads)(?:\/(\w+))?$/.exec(path) ?? ['', path, ''];
    this.log.push(`${method} ${what}`);
    const body = Buffer.from(await request.bytes());
    const refused = await this.hook(method, what, body);
    request.signal?.throwIfAborted();
    return refused ?? this._answer(method, what, id, headers, body);
  }

  private _answer(
    method: string,
    what: string,
    id: string | undefined,
    headers: Headers,
    body: Buffer
  ): Response {
    switch (`${method} ${what}`) {
      case 'POST puts': {
        const put = `put${this.puts.size}`;
        this.puts.add(put);
        return json({ id: put, is_new: this.files.size === 0 });
      }
      case 'DELETE puts':
        this.puts.delete(id ?? '');
        return json(undefined);
      case 'POST stage':
        return json(this._stage((decode(body) as { entries: Entry[] }).entries));
      case 'POST packs':
        this._takePack(body);
        return json(undefined);
      default:
        return this._tus(method, id, headers, body);
    }
  }

  private _stage(entries: Entry[]): number[] {
    return entries.flatMap((entry, place) => {
      if (!this.blobs.has(hex(entry[2]))) {
        return place;
      }
      this._put(entry);
      return [];
    });
  }

  private _takePack(body: Buffer): void {
    const start = 4 + body.readUInt32LE(0);
    const entries = decode(body.subarray(4, start)) as Entry[];
    const footerLength = body.readUInt32LE(body.length - 12);
    const footer = body.subarray(body.length - TRAILER - footerLength, body.length - TRAILER);
    for (let at = 0; at < footer.length; at += FOOTER_ENTRY) {
      this.blobs.add(footer.subarray(at, at + 32).toString('hex'));
      this.received += footer.readUInt32LE(at + 36);
    }
    entries.forEach(entry => this._put(entry));
  }

  private _put([path, size, hash]: Entry): void {
    this.files.set(new TextDecoder().decode(path), { hash: hex(hash), size });
  }

  private _tus(method: string, id: string | undefined, headers: Headers, body: Buffer): Response {
    if (method === 'POST') {
      id = `u${this.uploads.size}`;
      const given = new Map(
        (headers.get('Upload-Metadata') ?? '').split(',').map(pair => {
          const [name, value] = pair.split(' ');
          return [name, Buffer.from(value, 'base64').toString()];
        })
      );
      const size = Number(headers.get('Upload-Length'));
      const [path, hash] = [given.get('path') ?? '', given.get('hash') ?? ''];
      this.uploads.set(id, { path, size, hash, data: Buffer.alloc(0) });
    }
    const upload = this.uploads.get(id ?? '');
    if (!upload) {
      return problem(404, 'upload_not_found', 'There is no such upload.');
    }
    if (method === 'DELETE') {
      this.uploads.delete(id ?? '');
    } else if (body.length > 0) {
      upload.data = Buffer.concat([upload.data, body]);
      this.received += body.length;
    }
    if (upload.data.length === upload.size) {
      this.files.set(upload.path, { hash: upload.hash, size: upload.size });
      this.blobs.add(upload.hash);
    }
    return new FakeResponse(method === 'POST' ? 201 : 204, '', {
      Location: `/gradient/api/uploads/${id}`,
      'Upload-Offset': String(upload.data.length),
      'Upload-Length': String(upload.size)
    }) as unknown as Response;
  }
}

/** As little of `Request` as JupyterLab and we use; jsdom has none. */
class FakeRequest {
  readonly headers: Headers;
  readonly method: string;
  readonly signal?: AbortSignal | null;

  constructor(
    readonly url: string,
    private _init: RequestInit
  ) {
    this.headers = new FakeHeaders(_init.headers as Record<string, string>) as unknown as Headers;
    this.method = _init.method ?? 'GET';
    this.signal = _init.signal;
  }

  async bytes(): Promise<Uint8Array> {
    const { body } = this._init;
    if (body instanceof Blob) {
      return new Uint8Array(await body.arrayBuffer());
    }
    return typeof body === 'string'
      ? Buffer.from(body)
      : ((body as Uint8Array) ?? new Uint8Array());
  }
}

class FakeHeaders {
  constructor(values: Record<string, string> = {}) {
    Object.entries(values).forEach(([name, value]) => this.set(name, value));
  }
  get(name: string): string | null {
    return this._values.get(name.toLowerCase()) ?? null;
  }
  has(name: string): boolean {
    return this._values.has(name.toLowerCase());
  }
  set(name: string, value: string): void {
    this._values.set(name.toLowerCase(), value);
  }
  append(name: string, value: string): void {
    this.set(name, value);
  }
  private _values = new Map<string, string>();
}

class FakeResponse {
  readonly headers: FakeHeaders;
  readonly ok: boolean;
  readonly statusText = '';

  constructor(
    readonly status: number,
    private _body: string,
    headers: Record<string, string> = {}
  ) {
    this.ok = status < 300;
    this.headers = new FakeHeaders(headers);
  }

  async text(): Promise<string> {
    return this._body;
  }

  async json(): Promise<unknown> {
    return JSON.parse(this._body);
  }
}

function json(value: unknown): Response {
  const text = value === undefined ? '' : JSON.stringify(value);
  return new FakeResponse(200, text) as unknown as Response;
}

/** A refusal as the server words it. */
export function problem(status: number, code: string, message: string): Response {
  return new FakeResponse(
    status,
    JSON.stringify({ code, message, hint: '' })
  ) as unknown as Response;
}

/** A connection whose state the test sets. */
export class FakeConnection {
  readonly changed = new Signal<this, ConnectionState>(this);
  state: ConnectionState = 'ok';
  refresh = jest.fn();

  get asReal(): Connection {
    return this as unknown as Connection;
  }
}

/** Does in the page what the worker does. */
export class FakeWorker {
  onmessage: ((event: { data: Answer }) => void) | null = null;
  terminate = jest.fn();

  postMessage(job: Job): void {
    if (job.kind !== 'stop') {
      const { id } = job;
      this._work(job).then(
        value => this.onmessage?.({ data: { id, value } }),
        (error: unknown) => this.onmessage?.({ data: { id, error } })
      );
    }
  }

  private _work(job: Exclude<Job, { kind: 'stop' }>): Promise<unknown> {
    const { id } = job;
    switch (job.kind) {
      case 'files':
        return readFiles(job.blob, job.sizes);
      case 'large':
        return hashLarge(
          job.file,
          progress => this.onmessage?.({ data: { id, progress } }),
          () => false
        );
      case 'bytes':
        return hashBytes(job.data);
    }
  }
}

/** A file of this content, or of that many bytes that no other name has. */
export function fileOf(name: string, content: string | number): File {
  const data = typeof content === 'string' ? content : filled(name, content);
  return new File([data], name, { lastModified: 1_000 });
}

function filled(seed: string, size: number): Uint8Array {
  const one = createHash('sha256').update(seed).digest();
  return Buffer.alloc(size, one);
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString('hex');
}
