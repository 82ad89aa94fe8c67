/**
 * What views show of the server: fetched once for all of them, and again when it has changed.
 *
 * A key is a list that begins with the kind of thing; `keysOf` says which keys a notice is about.
 */

import { useEffect } from 'react';
import useSWR, { mutate, type SWRConfiguration, type SWRResponse } from 'swr';
import { ApiError } from '../api/request';
import type {
  Change,
  ChangeSummary,
  Dataset,
  DeletePreview,
  FileInfo,
  LockCheck,
  LockEntry,
  Mount,
  Output,
  Provider,
  PublicDataset,
  Tag,
  TaskInfo,
  Trashed,
  Version,
  Volumes,
  Workspace
} from '../api/types';
import type { IVersionRef } from '../api/client';
import { useApp } from '../context';
import { isTaskNotice, type INotice, type ITaskNotice } from './events';

export type Live<T> = SWRResponse<T, ApiError>;

type Key = readonly [kind: string, ...rest: string[]];

/** Something that the server is doing. */
export interface ITask {
  id: string;
  kind: string;
  /** Reference or id of what it works on. */
  about: string;
  progress: TaskInfo['progress'];
}

const TASKS: Key = ['tasks'];
const NO_TASKS: readonly ITask[] = [];

/** What may change with any dataset, version or tag; a mount says whether there is a newer version, as does a lock. */
const OF_DATASETS = ['datasets', 'trash', 'providers', 'mounts', 'outputs', 'lock'];

const REFRESH = 30_000; // milliseconds; for what no event told, such as while the network was away

const MOST_CHANGES = 1000;

const OPTIONS: SWRConfiguration = {
  dedupingInterval: 200,
  errorRetryInterval: 2_000,
  refreshInterval: REFRESH,
  revalidateOnFocus: true,
  shouldRetryOnError: (error: Error) => ApiError.of(error).status === 0
};

/** For what can never change under its key. */
const FIXED: SWRConfiguration = {
  ...OPTIONS,
  refreshInterval: 0,
  revalidateIfStale: false,
  revalidateOnFocus: false,
  revalidateOnReconnect: false
};

function useLive<T>(
  key: Key | null,
  fetch: () => Promise<T>,
  options: SWRConfiguration = OPTIONS
): Live<T> {
  const { connection } = useApp();
  const found = useSWR<T, ApiError>(key, fetch, options);
  const isLost = found.error?.status === 0;
  useEffect(() => {
    if (isLost) {
      connection.refresh();
    }
  }, [isLost, connection]);
  return found;
}

export function useDatasets(): Live<Dataset[]> {
  const { client } = useApp();
  return useLive<Dataset[]>(['datasets'], () => client.listDatasets());
}

export function useDataset(dataset: string): Live<Dataset> {
  const { client } = useApp();
  return useLive<Dataset>(['dataset', dataset], () => client.getDataset(dataset));
}

/** All versions of a dataset, newest first, also uncommitted ones. */
export function useVersions(dataset: string): Live<Version[]> {
  const { client } = useApp();
  return useLive<Version[]>(['versions', dataset], () => client.listVersions(dataset));
}

export function useTags(dataset: string | null): Live<Tag[]> {
  const { client } = useApp();
  return useLive<Tag[]>(dataset === null ? null : ['tags', dataset], () =>
    client.listTags(dataset ?? '')
  );
}

/** How much a version changes, against `old` or what it started from. */
export function useChanges(version: Version, old?: string): Live<ChangeSummary> {
  const { client } = useApp();
  const ref: IVersionRef = { dataset: version.dataset, version: version.version };
  const isFixed = version.state === 'committed' && old === undefined;
  return useLive<ChangeSummary>(
    ['changes', ref.dataset, ref.version, version.state, old ?? ''],
    () => client.summarizeChanges(ref, old),
    isFixed ? FIXED : OPTIONS
  );
}

/** The first files that an uncommitted version changes against what it started from. */
export function useChangedFiles(version: Version): Live<Change[]> {
  const { client } = useApp();
  const ref: IVersionRef = { dataset: version.dataset, version: version.version };
  return useLive<Change[]>(['changed-files', ref.dataset, ref.version], async () => {
    if (version.parent !== null) {
      return (await client.diff(ref, version.parent)).items;
    }
    const { items } = await client.listFiles(ref, '', { recursive: true, limit: MOST_CHANGES });
    return items.map(({ path, size, hash }) => ({
      kind: 'added',
      path,
      old_size: null,
      new_size: size,
      old_hash: null,
      new_hash: hash
    }));
  });
}

/** What deleting a dataset, or one of its versions, would remove and free. */
export function useDeletePreview(dataset: string, version?: string): Live<DeletePreview> {
  const { client } = useApp();
  return useLive<DeletePreview>(['preview', dataset, version ?? ''], () =>
    client.previewDelete(dataset, version)
  );
}

export function useFile(ref: IVersionRef, path: string | null): Live<FileInfo> {
  const { client } = useApp();
  return useLive<FileInfo>(path === null ? null : ['file', ref.dataset, ref.version, path], () =>
    client.getFile(ref, path ?? '')
  );
}

export function useProviders(): Live<Provider[]> {
  const { client } = useApp();
  return useLive<Provider[]>(['providers'], () => client.listProviders());
}

/** The volumes, and how kernels see them. */
export function useVolumes(): Live<Volumes> {
  const { client } = useApp();
  return useLive<Volumes>(['volumes'], () => client.volumes.get());
}

/** What is mounted in this notebook run, being mounted, or could not be. */
export function useMounts(): Live<Mount[]> {
  const { client } = useApp();
  return useLive<Mount[]>(['mounts'], () => client.volumes.listMounts());
}

/** Those of them that have this version, complete. */
export function mountsOf(
  mounts: readonly Mount[] | undefined,
  { dataset, version }: IVersionRef
): Mount[] {
  return (mounts ?? []).filter(
    mount => mount.state === 'mounted' && mount.dataset === dataset && mount.version === version
  );
}

/** Whether what a lock names is here, in its order; nothing is asked for a lock that names nothing. */
export function useLockChecks(entries: readonly LockEntry[]): Live<LockCheck[]> {
  const { client } = useApp();
  const key: Key | null = entries.length > 0 ? ['lock', JSON.stringify(entries)] : null;
  return useLive<LockCheck[]>(key, () => client.locks.check(entries));
}

export function useOutputs(): Live<Output[]> {
  const { client } = useApp();
  return useLive<Output[]>(['outputs'], () => client.volumes.listOutputs());
}

/** The catalogue of public datasets, and which of them are here. */
export function usePublic(): Live<PublicDataset[]> {
  const { client } = useApp();
  return useLive<PublicDataset[]>(['public'], () => client.volumes.listPublic());
}

export function useWorkspace(): Live<Workspace> {
  const { client } = useApp();
  return useLive<Workspace>(['workspace'], () => client.volumes.getWorkspace());
}

/** What the server is doing; how far it is comes with events. */
export function useTasks(): readonly ITask[] {
  const { client } = useApp();
  const { data } = useLive<readonly ITask[]>(TASKS, async () =>
    (await client.listTasks())
      .filter(({ state }) => state === 'running')
      .map(({ id, kind, subject: about, progress }) => ({ id, kind, about, progress }))
  );
  return data ?? NO_TASKS;
}

export function useTrash(): Live<Trashed[]> {
  const { client } = useApp();
  return useLive<Trashed[]>(['trash'], () => client.listTrash());
}

/** Fetch again what a notice is about; all there is when it is null. */
export function refresh(notice: INotice | null): void {
  if (notice !== null && isTaskNotice(notice)) {
    void mutate<readonly ITask[]>(TASKS, tasks => follow(tasks, notice), { revalidate: false });
    return;
  }
  const matches = notice === null ? () => true : keysOf(notice);
  void mutate(key => Array.isArray(key) && matches(key as unknown as Key));
}

/** The tasks that run, after what a notice says of one. */
function follow(
  tasks: readonly ITask[] | undefined,
  { subject: id, kind, about, state, progress }: ITaskNotice
): readonly ITask[] | undefined {
  if (tasks === undefined) {
    return undefined; // nobody looks
  }
  const known = tasks.find(task => task.id === id);
  const others = tasks.filter(task => task !== known);
  if (state !== 'running') {
    return others;
  }
  return [...others, { id, kind, about, progress: progress ?? known?.progress ?? null }];
}

/** Which keys a notice is about. */
export function keysOf({ thing, subject }: INotice): (key: Key) => boolean {
  const dataset = subject.split(':')[0];
  switch (thing) {
    case 'dataset':
    case 'tag':
    case 'version':
      return ([kind, of]) => OF_DATASETS.includes(kind) || of === dataset;
    case 'provider':
      return ([kind]) => kind === 'providers' || kind === 'datasets' || kind === 'dataset';
    case 'mount':
      return ([kind]) => kind === 'mounts' || kind === 'lock';
    case 'output':
      return ([kind]) => kind === 'outputs';
    case 'public':
      return ([kind]) => kind === 'public';
    case 'workspace':
      // It may bring other mounts with it, which tell of themselves.
      return ([kind]) => kind === 'workspace';
    default:
      return () => false;
  }
}
