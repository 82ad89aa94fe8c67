/** The server's API as methods: the same words, no state. */

import { ServerConnection } from '@jupyterlab/services';
import { LocksClient } from './locks';
import { ApiError, request, send, urlOf, type IRequest } from './request';
import type {
  Change,
  ChangeSummary,
  Dataset,
  DeletePreview,
  FileInfo,
  IPage,
  NewProvider,
  Provider,
  ProviderCheck,
  ServerInfo,
  Tag,
  TaskInfo,
  Trashed,
  Upload,
  Version
} from './types';
import { VolumesClient } from './volumes';

const MOST_ROWS = 1000;
const MOST_FILES = 10_000;
const MOST_TASKS = 100;
const WAIT_SECONDS = 20;

/** Code of the error that a task which was cancelled ends in. */
export const CANCELLED = 'cancelled';

/** A dataset and one of its versions, by id, tag or `latest`. */
export interface IVersionRef {
  dataset: string;
  version: string;
}

/** The two parts of `<dataset>:<version>`. */
export function parseReference(reference: string): IVersionRef {
  const colon = reference.lastIndexOf(':');
  return { dataset: reference.slice(0, colon), version: reference.slice(colon + 1) };
}

export class Client {
  /** What notebooks used. */
  readonly locks: LocksClient;
  /** Mounts, outputs, public datasets, the workspace. */
  readonly volumes: VolumesClient;

  constructor(readonly settings: ServerConnection.ISettings) {
    this.locks = new LocksClient(settings);
    this.volumes = new VolumesClient(settings);
  }

  // --- datasets ---------------------------------------------------------------------------------

  info(signal?: AbortSignal): Promise<ServerInfo> {
    return this._ask('/api/info', { signal });
  }

  /** All datasets, by name. */
  listDatasets(): Promise<Dataset[]> {
    return this._all('/api/datasets');
  }

  getDataset(dataset: string): Promise<Dataset> {
    return this._ask(datasetPath(dataset));
  }

  createDataset(name: string, description: string, provider: string | null): Promise<Dataset> {
    return this._ask('/api/datasets', { method: 'POST', body: { name, description, provider } });
  }

  updateDataset(
    dataset: string,
    change: { name?: string; description?: string }
  ): Promise<Dataset> {
    return this._ask(datasetPath(dataset), { method: 'PATCH', body: change });
  }

  /** What deleting a dataset, or one of its versions, would remove and free. */
  previewDelete(dataset: string, version?: string): Promise<DeletePreview> {
    return this._ask(`${datasetPath(dataset)}/preview-delete`, { query: { version } });
  }

  deleteDataset(dataset: string): Promise<void> {
    return this._ask(datasetPath(dataset), { method: 'DELETE' });
  }

  // --- versions ---------------------------------------------------------------------------------

  /** All versions, newest first, also those that are not committed. */
  listVersions(dataset: string): Promise<Version[]> {
    return this._all(`${datasetPath(dataset)}/versions`, { committed: 'all' });
  }

  getVersion(ref: IVersionRef): Promise<Version> {
    return this._ask(versionPath(ref));
  }

  /** A new uncommitted version; `startFrom` is a reference to a committed one. */
  createVersion(dataset: string, message: string, startFrom: string | null): Promise<Version> {
    const body = { message, start_from: startFrom };
    return this._ask(`${datasetPath(dataset)}/versions`, { method: 'POST', body });
  }

  updateVersion(ref: IVersionRef, message: string): Promise<Version> {
    return this._ask(versionPath(ref), { method: 'PATCH', body: { message } });
  }

  /** Begin to commit; see `wait`. */
  commit(ref: IVersionRef, abandonUploads = false): Promise<TaskInfo> {
    const body = { abandon_uploads: abandonUploads };
    return this._ask(`${versionPath(ref)}/commit`, { method: 'POST', body });
  }

  deleteVersion(ref: IVersionRef): Promise<void> {
    return this._ask(versionPath(ref), { method: 'DELETE' });
  }

  /** How much a version changes, against `old` (a reference) or what it started from. */
  summarizeChanges(ref: IVersionRef, old?: string): Promise<ChangeSummary> {
    return this._ask(`${versionPath(ref)}/changes`, { query: { old } });
  }

  /** One page of the files that differ from those of `old`, a reference. */
  diff(ref: IVersionRef, old: string, after?: string | null): Promise<IPage<Change>> {
    return this._ask(`${versionPath(ref)}/diff`, { query: { old, after, limit: MOST_ROWS } });
  }

  // --- tags -------------------------------------------------------------------------------------

  listTags(dataset: string): Promise<Tag[]> {
    return this._all(`${datasetPath(dataset)}/tags`);
  }

  /** Point a tag to a committed version, moving it when it exists. */
  setTag({ dataset, version }: IVersionRef, name: string): Promise<Tag> {
    const path = `${datasetPath(dataset)}/tags/${encodeURIComponent(name)}`;
    return this._ask(path, { method: 'PUT', body: { version } });
  }

  deleteTag(dataset: string, name: string): Promise<void> {
    const path = `${datasetPath(dataset)}/tags/${encodeURIComponent(name)}`;
    return this._ask(path, { method: 'DELETE' });
  }

  // --- files ------------------------------------------------------------------------------------

  /** One page of a folder (`''` or ending with `/`), or of what is found below it. */
  listFiles(
    ref: IVersionRef,
    path: string,
    options: {
      search?: string;
      recursive?: boolean;
      limit?: number;
      after?: string | null;
      signal?: AbortSignal;
    } = {}
  ): Promise<IPage<FileInfo>> {
    const { signal, limit = MOST_FILES, ...query } = options;
    return this._ask(`${versionPath(ref)}/files`, { query: { path, limit, ...query }, signal });
  }

  getFile(ref: IVersionRef, path: string): Promise<FileInfo> {
    return this._ask(`${versionPath(ref)}/file`, { query: { path } });
  }

  /** Begin to remove files and folders (ending with `/`); see `wait`. */
  deleteFiles(ref: IVersionRef, paths: readonly string[]): Promise<TaskInfo> {
    return this._ask(`${versionPath(ref)}/delete-files`, { method: 'POST', body: { paths } });
  }

  /** Begin to rename a file or folder; see `wait`. */
  moveFiles(ref: IVersionRef, source: string, target: string): Promise<TaskInfo> {
    return this._ask(`${versionPath(ref)}/move-files`, {
      method: 'POST',
      body: { source, target }
    });
  }

  /** The whole content of a file; `onProgress` is told how many bytes have arrived. */
  async readBytes(
    ref: IVersionRef,
    path: string,
    signal: AbortSignal,
    onProgress: (bytes: number) => void
  ): Promise<Uint8Array> {
    const response = await send(this.settings, contentPath(ref, path), { signal });
    const pieces: Uint8Array[] = [];
    let arrived = 0;
    const reader = response.body?.getReader();
    for (let next = await reader?.read(); next?.value; next = await reader?.read()) {
      pieces.push(next.value);
      arrived += next.value.length;
      onProgress(arrived);
    }
    const whole = new Uint8Array(arrived);
    let at = 0;
    for (const piece of pieces) {
      whole.set(piece, at);
      at += piece.length;
    }
    return whole;
  }

  /** Begin to put files and folders of Jupyter's file browser into the folder `target`; see `wait`. */
  putFromServer(ref: IVersionRef, paths: readonly string[], target: string): Promise<TaskInfo> {
    const body = { paths, target };
    return this._ask(`${versionPath(ref)}/put-from-server`, { method: 'POST', body });
  }

  /** Where a browser reads a file; `inline` to show it, otherwise to save it. */
  contentUrl(ref: IVersionRef, path: string, disposition: 'inline' | 'attachment'): string {
    return this.linkTo(contentPath(ref, path), { disposition });
  }

  /** Where a browser saves a ZIP file of files and folders, or of the whole version. */
  archiveUrl(ref: IVersionRef, paths: readonly string[] = []): string {
    return this.linkTo(`${versionPath(ref)}/archive`, { path: paths });
  }

  /** A URL that the browser itself follows: with the token where there is no cookie. */
  linkTo(path: string, query: Record<string, string | readonly string[]>): string {
    const { appendToken, token } = this.settings;
    return urlOf(this.settings, path, appendToken && token ? { ...query, token } : query);
  }

  // --- uploads ----------------------------------------------------------------------------------

  /** Uploads into a version that have begun and not ended. */
  listUploads(ref: IVersionRef): Promise<Upload[]> {
    return this._all(`${versionPath(ref)}/uploads`);
  }

  // --- trash ------------------------------------------------------------------------------------

  listTrash(): Promise<Trashed[]> {
    return this._all('/api/trash');
  }

  restore(reference: string, name?: string): Promise<void> {
    return this._ask('/api/trash/restore', { method: 'POST', body: { reference, name } });
  }

  // --- storage providers ------------------------------------------------------------------------

  listProviders(): Promise<Provider[]> {
    return this._all('/api/providers');
  }

  createProvider(provider: NewProvider, signal?: AbortSignal): Promise<Provider> {
    return this._ask('/api/providers', { method: 'POST', body: provider, signal });
  }

  /** What a check of a bucket finds, before anything is saved. */
  tryProvider({ kind, s3, secret }: NewProvider, signal: AbortSignal): Promise<ProviderCheck> {
    return this._ask('/api/try-provider', { method: 'POST', body: { kind, s3, secret }, signal });
  }

  deleteProvider(provider: string): Promise<void> {
    return this._ask(`/api/providers/${encodeURIComponent(provider)}`, { method: 'DELETE' });
  }

  checkProvider(provider: string, signal: AbortSignal): Promise<ProviderCheck> {
    const path = `/api/providers/${encodeURIComponent(provider)}/check`;
    return this._ask(path, { method: 'POST', signal });
  }

  // --- tasks ------------------------------------------------------------------------------------

  /** The newest tasks. */
  async listTasks(): Promise<TaskInfo[]> {
    const page: IPage<TaskInfo> = await this._ask('/api/tasks', { query: { limit: MOST_TASKS } });
    return page.items;
  }

  /** Ask a task to stop; what it had finished stays. */
  cancel(task: string): Promise<TaskInfo> {
    return this._ask(`/api/tasks/${encodeURIComponent(task)}`, { method: 'DELETE' });
  }

  /**
   * Wait until a task has ended; resolves to its result.
   *
   * @throws ApiError - The task failed, or was cancelled.
   */
  async wait<T>(task: TaskInfo, onProgress?: (task: TaskInfo) => void): Promise<T> {
    let now = task;
    while (now.state === 'running') {
      const path = `/api/tasks/${encodeURIComponent(task.id)}`;
      now = await this._ask<TaskInfo>(path, { query: { wait: WAIT_SECONDS } });
      onProgress?.(now);
    }
    if (now.state === 'succeeded') {
      return now.result as T;
    }
    const { code, message, hint } = now.error ?? {
      code: CANCELLED,
      message: 'It was cancelled.',
      hint: ''
    };
    throw new ApiError(code, message, hint, 0);
  }

  // --- inside -----------------------------------------------------------------------------------

  private _ask<T>(path: string, options?: IRequest): Promise<T> {
    return request<T>(this.settings, path, options);
  }

  private async _all<T>(path: string, query: Record<string, string> = {}): Promise<T[]> {
    const found: T[] = [];
    let after: string | null | undefined;
    do {
      const page: IPage<T> = await this._ask(path, {
        query: { ...query, limit: MOST_ROWS, after }
      });
      found.push(...page.items);
      after = page.next_token;
    } while (after);
    return found;
  }
}

function datasetPath(dataset: string): string {
  return `/api/datasets/${encodeURIComponent(dataset)}`;
}

/** The path of one version in the API. */
export function versionPath({ dataset, version }: IVersionRef): string {
  return `${datasetPath(dataset)}/versions/${encodeURIComponent(version)}`;
}

function contentPath(ref: IVersionRef, path: string): string {
  return `${versionPath(ref)}/content/${path.split('/').map(encodeURIComponent).join('/')}`;
}
