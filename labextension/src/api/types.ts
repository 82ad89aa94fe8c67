/** What travels between the server and us; the shapes are the server's own, see `schema.ts`. */

import type { components } from './schema';

type Schemas = components['schemas'];

export type Dataset = Schemas['Dataset'];
export type Version = Schemas['Version'];
export type Tag = Schemas['Tag'];
export type FileInfo = Schemas['FileInfo'];
export type Change = Schemas['Change'];
export type ChangeSummary = Schemas['ChangeSummary'];
export type Provider = Schemas['Provider'];
export type ProviderKind = Provider['kind'];
export type ProviderCheck = Schemas['ProviderCheck'];
export type NewProvider = Schemas['NewProvider'];
export type DeletePreview = Schemas['DeletePreview'];
export type Trashed = Schemas['Trashed'];
export type TaskInfo = Schemas['TaskInfo'];
export type Upload = Schemas['Upload'];
export type ServerInfo = Schemas['ServerInfo'];
export type Mount = Schemas['Mount'];
export type Output = Schemas['Output'];
export type PublicDataset = Schemas['PublicDataset'];
export type PublicFile = Schemas['PublicFile'];
export type Volumes = Schemas['Volumes'];
export type Workspace = Schemas['Workspace'];
export type LockEntry = Schemas['LockEntry'];
export type LockCheck = Schemas['LockCheck'];

/** What a task that proves a lock results in. */
export type LockReport = {
  entries: number;
  files: number;
  bytes_read: number;
  /** A thing is a reference, or one and a file of it. */
  problems: { thing: string; what: string; fatal: boolean }[];
};

/** One page of a list; `next_token` is null on the last one. */
export interface IPage<T> {
  items: T[];
  next_token?: string | null;
}
