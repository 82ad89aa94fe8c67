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

export interface LockEntry {
  reference: string;
  dataset: string;
  dataset_name: string;
  version: string;
  root: string;
  path: string | null;
  files: number;
  bytes: number;
}
export interface LockCheck {
  entry: LockEntry;
  state: 'ready' | 'unmounted' | 'absent' | 'different';
  newer: string | null;
  error: { code: string; message: string; hint: string } | null;
}
export interface LockReport {
  entries: number;
  files: number;
  bytes_read: number;
  problems: { thing: string; what: string; fatal: boolean }[];
}

/** One page of a list; `next_token` is null on the last one. */
export interface IPage<T> {
  items: T[];
  next_token?: string | null;
}
