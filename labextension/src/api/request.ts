/** Requests to the server extension, and the one kind of error that they end in. */

import { URLExt } from '@jupyterlab/coreutils';
import { ServerConnection } from '@jupyterlab/services';

/** Where the server extension answers, below Jupyter's base URL. */
export const PREFIX = 'gradient';

/** Codes of errors that the server cannot tell, because it was not reached. */
export const UNREACHABLE = 'unreachable';
export const MISSING = 'server_extension_missing';

/** What went wrong: a stable code, a sentence (`message`), and what to do next (`hint`). */
export class ApiError extends Error {
  constructor(
    readonly code: string,
    message: string,
    readonly hint: string,
    readonly status: number
  ) {
    super(message);
    this.name = 'ApiError';
  }

  /** What the server keeps of an error. */
  static from({ code, message, hint }: { code: string; message: string; hint: string }): ApiError {
    return new ApiError(code, message, hint, 0);
  }

  /** Whatever was thrown, as an `ApiError`. */
  static of(error: unknown): ApiError {
    if (error instanceof ApiError) {
      return error;
    }
    const message = error instanceof Error ? error.message : String(error);
    return new ApiError('unexpected', message, '', 0);
  }
}

/** Values of a query string; what is undefined or null is left out, a list is repeated. */
export type Query = Record<
  string,
  string | number | boolean | null | undefined | readonly string[]
>;

export interface IRequest {
  method?: string;
  query?: Query;
  /** Sent as JSON, unless it is bytes. */
  body?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** The URL of a path such as `/api/datasets` below `gradient`. */
export function urlOf(settings: ServerConnection.ISettings, path: string, query?: Query): string {
  const url = URLExt.join(settings.baseUrl, PREFIX) + path;
  const values = new URLSearchParams();
  for (const [name, value] of Object.entries(query ?? {})) {
    if (Array.isArray(value)) {
      value.forEach(one => values.append(name, one));
    } else if (value !== undefined && value !== null) {
      values.append(name, String(value));
    }
  }
  const text = values.toString();
  return text ? `${url}?${text}` : url;
}

/**
 * Ask the server; resolves to the answer's JSON, or to undefined when it has none.
 *
 * @throws ApiError
 */
export async function request<T>(
  settings: ServerConnection.ISettings,
  path: string,
  options: IRequest = {}
): Promise<T> {
  const response = await send(settings, path, options);
  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Ask the server; resolves to the answer whose status is good. */
export async function send(
  settings: ServerConnection.ISettings,
  path: string,
  { method = 'GET', query, body, headers, signal }: IRequest
): Promise<Response> {
  const isBinary = body instanceof Uint8Array || body instanceof Blob;
  const init: RequestInit = { method, headers, signal };
  if (body !== undefined) {
    init.body = isBinary ? (body as BodyInit) : JSON.stringify(body);
    init.headers = {
      'Content-Type': isBinary ? 'application/octet-stream' : 'application/json',
      ...headers
    };
  }
  let response: Response;
  try {
    response = await ServerConnection.makeRequest(urlOf(settings, path, query), init, settings);
  } catch {
    signal?.throwIfAborted();
    throw new ApiError(UNREACHABLE, 'The Jupyter server cannot be reached.', 'Is it running?', 0);
  }
  if (!response.ok) {
    throw await readError(response);
  }
  return response;
}

/** The error that an answer tells of. */
export async function readError(response: Response): Promise<ApiError> {
  const { status, statusText } = response;
  try {
    const { code, message, hint } = await response.json();
    if (code) {
      return new ApiError(code, message, hint ?? '', status);
    }
  } catch {
    // A proxy's page, or nothing: the status has to do.
  }
  if (status === 404) {
    const hint = 'Install jupyter-gradient-data where Jupyter runs, and start Jupyter again.';
    return new ApiError(MISSING, 'The server part of this extension is missing.', hint, status);
  }
  if (status >= 502 && status <= 504) {
    return new ApiError(UNREACHABLE, 'The Jupyter server cannot be reached.', statusText, status);
  }
  return new ApiError(`http_${status}`, `The server answered ${status} ${statusText}.`, '', status);
}
