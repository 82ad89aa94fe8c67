/** The server's end of an upload: the requests that our Python client makes as well. */

import { encode } from '@msgpack/msgpack';
import { versionPath, type Client, type IVersionRef } from '../api/client';
import { request } from '../api/request';
import type { Entry, Framed } from './pack';
import type { Persistence } from './persist';

const MSGPACK = { 'Content-Type': 'application/msgpack' };

interface IPut {
  id: string;
  is_new: boolean;
}

export class Inbox {
  constructor(
    private _client: Client,
    private _persistence: Persistence,
    readonly ref: IVersionRef,
    private _signal: AbortSignal
  ) {}

  /** Begin a put: until it has ended, the version refuses to commit. */
  async begin(source: string, target: string): Promise<string> {
    const put = await this._ask<IPut>('puts', { source, target });
    this._isNew = put.is_new;
    return put.id;
  }

  /** Put files whose content is there; the answer has the places of the others. */
  stage(entries: readonly Entry[]): Promise<number[]> {
    return this._ask('stage', encode({ entries, is_new: this._isNew }), MSGPACK);
  }

  async send(pack: Framed, entries: readonly Entry[]): Promise<void> {
    // As a blob: the browser would copy bytes while the page waits.
    await this._ask('packs', new Blob(pack(entries)));
  }

  private _ask<T>(what: string, body: unknown, headers?: Record<string, string>): Promise<T> {
    const path = `${versionPath(this.ref)}/${what}`;
    const signal = this._signal;
    return this._persistence.run(signal, () =>
      request<T>(this._client.settings, path, { method: 'POST', body, headers, signal })
    );
  }

  private _isNew = false;
}

/** End a put; also earlier ones from the same source to the same target. */
export function endPut(client: Client, ref: IVersionRef, put: string): Promise<void> {
  const path = `${versionPath(ref)}/puts/${encodeURIComponent(put)}`;
  return request(client.settings, path, { method: 'DELETE' });
}
