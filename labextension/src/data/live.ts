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
  Provider,
  Tag,
  Trashed,
  Version
} from '../api/types';
import type { Contents } from '@jupyterlab/services';
import type { IVersionRef } from '../api/client';
import { useApp } from '../context';
import { DRIVE } from '../tokens';
import type { INotice } from './events';

export type Live<T> = SWRResponse<T, ApiError>;

type Key = readonly [kind: string, ...rest: string[]];

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

export function useTags(dataset: string): Live<Tag[]> {
  const { client } = useApp();
  return useLive<Tag[]>(['tags', dataset], () => client.listTags(dataset));
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

/** Names of the folders with public datasets. */
export function usePublic(): Live<string[]> {
  const { contents } = useApp();
  return useLive<string[]>(['public'], async () => {
    const folder = await contents.get(`${DRIVE}:public`);
    const entries = folder.content as Contents.IModel[];
    return entries.filter(({ type }) => type === 'directory').map(({ name }) => name);
  });
}

export function useTrash(): Live<Trashed[]> {
  const { client } = useApp();
  return useLive<Trashed[]>(['trash'], () => client.listTrash());
}

/** Fetch again what a notice is about; all there is when it is null. */
export function refresh(notice: INotice | null): void {
  const matches = notice === null ? () => true : keysOf(notice);
  void mutate(key => Array.isArray(key) && matches(key as unknown as Key));
}

/** Which keys a notice is about. */
export function keysOf({ thing, subject }: INotice): (key: Key) => boolean {
  const dataset = subject.split(':')[0];
  switch (thing) {
    case 'dataset':
    case 'tag':
    case 'version':
      // Any of these may change what a dataset, its list of versions or the trash shows.
      return ([kind, of]) =>
        kind === 'datasets' || kind === 'trash' || kind === 'providers' || of === dataset;
    case 'provider':
      return ([kind]) => kind === 'providers' || kind === 'datasets' || kind === 'dataset';
    default:
      return () => false;
  }
}
