/** The part of the API about what notebooks see: mounts, outputs, public datasets, the workspace. */

import type { ServerConnection } from '@jupyterlab/services';
import { request, type IRequest } from './request';
import type { Mount, Output, PublicDataset, TaskInfo, Volumes, Workspace } from './types';

/** What a new version says of itself. */
export interface ICommit {
  message: string;
  /** A name for the new version; none when empty. */
  tag: string;
}

export class VolumesClient {
  constructor(private _settings: ServerConnection.ISettings) {}

  /** The volumes, and how kernels see them. */
  get(): Promise<Volumes> {
    return this._ask('/api/volumes');
  }

  // --- mounts -----------------------------------------------------------------------------------

  listMounts(): Promise<Mount[]> {
    return this._ask('/api/mounts');
  }

  getMount(name: string): Promise<Mount> {
    return this._ask(mountPath(name));
  }

  /** Begin to mount a version; by default under the name of its dataset. */
  mount(reference: string, options: { name?: string; writable?: boolean }): Promise<TaskInfo> {
    return this._ask('/api/mounts', { method: 'POST', body: { reference, ...options } });
  }

  /** Refused while a writable mount has changes, unless they are to be discarded. */
  unmount(name: string, discard = false): Promise<void> {
    const query = discard ? { discard } : {};
    return this._ask(mountPath(name), { method: 'DELETE', query });
  }

  /** Begin to mount another version in its place, by default the newest; one that failed is tried again. */
  updateMount(name: string, reference?: string): Promise<TaskInfo> {
    return this._ask(`${mountPath(name)}/update`, { method: 'POST', body: { reference } });
  }

  /** Begin to make a new version of what was changed in a writable mount. */
  commitMount(name: string, commit: ICommit): Promise<TaskInfo> {
    return this._ask(`${mountPath(name)}/commit`, { method: 'POST', body: bodyOf(commit) });
  }

  discardChanges(name: string): Promise<Mount> {
    return this._ask(`${mountPath(name)}/discard`, { method: 'POST' });
  }

  // --- outputs ----------------------------------------------------------------------------------

  listOutputs(): Promise<Output[]> {
    return this._ask('/api/outputs');
  }

  /** Make a folder for a new version of a dataset, which is made when there is none. */
  createOutput(dataset: string, name?: string): Promise<Output> {
    return this._ask('/api/outputs', { method: 'POST', body: { dataset, name } });
  }

  commitOutput(name: string, commit: ICommit): Promise<TaskInfo> {
    return this._ask(`${outputPath(name)}/commit`, { method: 'POST', body: bodyOf(commit) });
  }

  deleteOutput(name: string): Promise<void> {
    return this._ask(outputPath(name), { method: 'DELETE' });
  }

  // --- public datasets --------------------------------------------------------------------------

  listPublic(): Promise<PublicDataset[]> {
    return this._ask('/api/public');
  }

  getPublic(name: string): Promise<PublicDataset> {
    return this._ask(publicPath(name));
  }

  /** Begin to fetch a public dataset, or only some of its files. */
  fetchPublic(name: string, files: readonly string[] = []): Promise<TaskInfo> {
    return this._ask(`${publicPath(name)}/fetch`, { method: 'POST', body: { files } });
  }

  verifyPublic(name: string): Promise<TaskInfo> {
    return this._ask(`${publicPath(name)}/verify`, { method: 'POST' });
  }

  removePublic(name: string): Promise<void> {
    return this._ask(publicPath(name), { method: 'DELETE' });
  }

  // --- the workspace ----------------------------------------------------------------------------

  getWorkspace(): Promise<Workspace> {
    return this._ask('/api/workspace');
  }

  /** Begin to clone a repository or to merge what is new in it; by default the one that is there. */
  updateWorkspace(repository: { url?: string; ref?: string } = {}): Promise<TaskInfo> {
    return this._ask('/api/workspace', { method: 'POST', body: repository });
  }

  private _ask<T>(path: string, options?: IRequest): Promise<T> {
    return request<T>(this._settings, path, options);
  }
}

function mountPath(name: string): string {
  return `/api/mounts/${encodeURIComponent(name)}`;
}

function outputPath(name: string): string {
  return `/api/outputs/${encodeURIComponent(name)}`;
}

function publicPath(name: string): string {
  return `/api/public/${encodeURIComponent(name)}`;
}

function bodyOf({ message, tag }: ICommit): object {
  return { message, ...(tag && { tag }) };
}
