/** Large files: hashed first, so that what the server has is never sent, then sent by tus, so that nothing is sent twice. */

import { URLExt } from '@jupyterlab/coreutils';
import { Upload } from 'tus-js-client';
import type { Client } from '../api/client';
import { ApiError, PREFIX } from '../api/request';
import { entryOf, isChanged, type IItem } from './item';
import { isAway, isOneFiles, unreadable } from './problems';
import { sleep } from './persist';
import { errorOf, JupyterHttp } from './tusHttp';
import type { ITransfer } from './transfer';

const AT_ONCE = 8 * 1024 * 1024; // a file below this is sent in the request that begins its upload
const TRIES = 5; // of one file, without a byte between them
const PAUSE = 300; // milliseconds: the server may still be writing what had come

export class LargeFiles {
  constructor(private _context: ITransfer) {
    this._http = new JupyterHttp(_context.client.settings);
  }

  /** One file; ends when it is there or has failed. */
  async send(item: IItem): Promise<void> {
    const { large, signal } = this._context;
    await large.run(signal, () => this._settle(item));
  }

  /** A small file that could not be read with others, perhaps because it has just changed. */
  async sendChanged(item: IItem): Promise<void> {
    await this._settle(item, true);
  }

  private async _settle(item: IItem, isUnreadable = false): Promise<void> {
    const { report, signal } = this._context;
    try {
      if (isUnreadable) {
        await this._lookAgain(item);
      }
      try {
        await this._send(item);
      } catch (reason) {
        if (!(reason instanceof Unreadable)) {
          throw reason;
        }
        await this._lookAgain(item);
        await this._send(item);
      }
    } catch (reason) {
      signal.throwIfAborted();
      const { trans } = this._context;
      const error =
        reason instanceof Unreadable ? unreadable(reason.reason, trans) : ApiError.of(reason);
      if (!(reason instanceof Unreadable) && !isOneFiles(error)) {
        throw error;
      }
      report.failed(item, error);
    }
  }

  /** Take the file as it is now. */
  private async _lookAgain(item: IItem): Promise<void> {
    const { report } = this._context;
    try {
      if (item.again) {
        const file = await item.again();
        if (isChanged(item.file, file)) {
          await this._giveUp(item);
        }
        report.replaced(item, file);
      }
      await item.file.slice(0, 1).arrayBuffer();
    } catch (reason) {
      throw new Unreadable(reason);
    }
  }

  private async _send(item: IItem): Promise<void> {
    const { inbox, report } = this._context;
    if (item.hash === null) {
      await this._hash(item);
    }
    for (let tries = 1; ; tries++) {
      const wanted = await inbox.stage([entryOf(item)]);
      if (wanted.length === 0) {
        report.done([item], true);
        return;
      }
      try {
        await this._upload(item);
        report.done([item], false);
        return;
      } catch (reason) {
        const { code } = ApiError.of(reason);
        if (code === 'content_unexpected') {
          await this._giveUp(item);
        }
        // Finished by somebody else, given up or expired: look whether the file is there.
        if (code !== 'upload_not_found' || tries >= TRIES) {
          throw reason;
        }
        item.url = null;
        report.learned(item);
      }
    }
  }

  /** The file changed after it was hashed: what has arrived of it is of no use. */
  private async _giveUp(item: IItem): Promise<void> {
    const { client, report } = this._context;
    if (item.url !== null) {
      await terminate(client, item.url).catch(() => undefined); // it expires by itself
    }
    item.url = null;
    item.hash = null;
    report.learned(item);
  }

  private async _hash(item: IItem): Promise<void> {
    const { hashing, report, signal } = this._context;
    const onProgress = (bytes: number): void => report.moved(item, 'hashing', bytes);
    onProgress(0);
    try {
      item.hash = await hashing.large(item.file, onProgress, signal);
    } catch (reason) {
      signal.throwIfAborted();
      throw new Unreadable(reason);
    }
    report.learned(item);
  }

  /** Send what is missing, as often as the connection is lost; several failures without a byte end it. */
  private async _upload(item: IItem): Promise<void> {
    const { persistence, report, signal } = this._context;
    let best = -1;
    let failures = 0;
    const once = async (answered: () => void): Promise<void> => {
      await this._try(item, bytes => {
        answered();
        failures = bytes > best ? 0 : failures;
        best = Math.max(best, bytes);
        report.moved(item, 'sending', bytes);
      });
    };
    const explain = async (error: ApiError): Promise<void> => {
      await this._checkReadable(item.file, error);
      if (error.code === 'upload_offset' && ++failures < TRIES) {
        await sleep(PAUSE * failures, signal);
      }
    };
    for (;;) {
      try {
        return await persistence.run(signal, once, explain);
      } catch (reason) {
        if (ApiError.of(reason).code !== 'upload_offset' || failures >= TRIES) {
          throw reason;
        }
      }
    }
  }

  /** A request also fails, as if the server were away, when the browser cannot read the file any more. */
  private async _checkReadable(file: File, error: ApiError): Promise<void> {
    if (isAway(error)) {
      try {
        await file.slice(0, 1).arrayBuffer();
      } catch (reason) {
        throw new Unreadable(reason);
      }
    }
  }

  private _try(item: IItem, onBytes: (bytes: number) => void): Promise<void> {
    const { chunkPace, client, inbox, report, signal } = this._context;
    const { dataset, version } = inbox.ref;
    return new Promise((resolve, reject) => {
      let since = performance.now();
      const upload = new Upload(item.file, {
        endpoint: URLExt.join(client.settings.baseUrl, PREFIX, 'api/uploads'),
        uploadUrl: item.url,
        httpStack: this._http,
        chunkSize: chunkPace.size,
        metadata: {
          reference: `${dataset}:${version}`,
          path: item.path,
          hash: hex(item.hash)
        },
        retryDelays: null, // the engine waits for the server
        storeFingerprintForResuming: false, // the engine keeps URLs
        uploadDataDuringCreation: item.file.size < AT_ONCE,
        onUploadUrlAvailable: () => {
          item.url = upload.url;
          report.learned(item);
        },
        onProgress: bytes => onBytes(bytes), // where it begins or goes on; chunks have no progress
        onChunkComplete: (size, accepted) => {
          const now = performance.now();
          chunkPace.took(size, now - since);
          since = now;
          upload.options.chunkSize = chunkPace.size;
          onBytes(accepted);
        },
        onSuccess: () => resolve(),
        onError: error => reject(errorOf(error))
      });
      signal.addEventListener('abort', () => {
        void upload.abort();
        reject(signal.reason);
      });
      upload.start();
    });
  }

  private _http: JupyterHttp;
}

/** Give up the upload of a large file, with all that has arrived of it. */
export function terminate(client: Client, url: string): Promise<void> {
  return Upload.terminate(url, { httpStack: new JupyterHttp(client.settings) });
}

/** The browser cannot read a file. */
class Unreadable extends Error {
  constructor(readonly reason: unknown) {
    super('unreadable');
  }
}

function hex(hash: Uint8Array | null): string {
  return Array.from(hash ?? [], byte => byte.toString(16).padStart(2, '0')).join('');
}
