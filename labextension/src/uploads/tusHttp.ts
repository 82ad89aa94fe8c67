/** Lets tus-js-client ask as JupyterLab does: with its token, its cookies, and whatever a hub adds. */

import { ServerConnection } from '@jupyterlab/services';
import { DetailedError, type HttpRequest, type HttpResponse, type HttpStack } from 'tus-js-client';
import { ApiError, readError, UNREACHABLE } from '../api/request';

export class JupyterHttp implements HttpStack {
  constructor(private _settings: ServerConnection.ISettings) {}

  createRequest(method: string, url: string): HttpRequest {
    return new JupyterRequest(this._settings, method, url);
  }

  getName(): string {
    return 'JupyterHttp';
  }
}

class JupyterRequest implements HttpRequest {
  constructor(
    private _settings: ServerConnection.ISettings,
    private _method: string,
    private _url: string
  ) {}

  getMethod(): string {
    return this._method;
  }

  getURL(): string {
    return this._url;
  }

  setHeader(header: string, value: string): void {
    this._headers[header] = value;
  }

  getHeader(header: string): string | undefined {
    return this._headers[header];
  }

  /** Nothing to do: chunks are small, and only what has arrived counts. */
  setProgressHandler(): void {}

  async send(body: Blob | null): Promise<HttpResponse> {
    const init: RequestInit = {
      method: this._method,
      headers: this._headers,
      body: body ?? undefined,
      signal: this._abort.signal
    };
    let response: Response;
    try {
      response = await ServerConnection.makeRequest(this._url, init, this._settings);
    } catch {
      this._abort.signal.throwIfAborted();
      throw new ApiError(UNREACHABLE, 'The Jupyter server cannot be reached.', '', 0);
    }
    if (!response.ok) {
      throw await this._refusal(response);
    }
    return {
      getStatus: () => response.status,
      getHeader: name => response.headers.get(name) ?? undefined,
      getBody: () => '',
      getUnderlyingObject: () => response
    };
  }

  async abort(): Promise<void> {
    this._abort.abort();
  }

  getUnderlyingObject(): null {
    return null;
  }

  /** An answer to HEAD does not say why: whoever asks next learns it. */
  private async _refusal(response: Response): Promise<ApiError> {
    const { status } = response;
    const isUnexplained = this._method === 'HEAD' && [400, 403, 404, 409, 410].includes(status);
    return isUnexplained
      ? new ApiError('upload_not_found', 'The upload is not there any more.', '', status)
      : readError(response);
  }

  private _abort = new AbortController();
  private _headers: Record<string, string> = {};
}

/** What an error of tus-js-client was caused by. */
export function errorOf(error: Error | DetailedError): unknown {
  return error instanceof DetailedError ? (error.causingError ?? error) : error;
}
