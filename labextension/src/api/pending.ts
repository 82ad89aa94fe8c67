/** Shapes of the server's that its description does not have yet. */

import type { components } from './schema';

type ErrorInfo = components['schemas']['ErrorInfo'];

export interface Mount {
  name: string;
  reference: string;
  dataset: string | null;
  dataset_name: string | null;
  version: string | null;
  newer: string | null;
  is_writable: boolean;
  state: 'mounting' | 'mounted' | 'failed';
  path: string;
  local_path: string;
  files: number | null;
  bytes: number | null;
  error: ErrorInfo | null;
  created: string;
  modified: string;
}

export interface Output {
  name: string;
  dataset: string;
  dataset_name: string;
  version: string | null;
  path: string;
  local_path: string;
  created: string;
  modified: string;
}

export interface Volume {
  name: string;
  path: string;
  local_path: string;
  is_writable: boolean;
  used_bytes: number | null;
  limit_bytes: number | null;
  free_bytes: number | null;
}

export interface Volumes {
  notebook: string;
  region: string;
  mode: 'namespace' | 'links' | 'environment';
  reason: string;
  volumes: Volume[];
}

export interface PublicFile {
  path: string;
  url: string;
  bytes: number | null;
  is_present: boolean;
}

export interface PublicDataset {
  name: string;
  title: string;
  description: string;
  homepage: string;
  licence: string;
  licence_terms: string;
  notes: string;
  source: string;
  files: PublicFile[];
  bytes: number | null;
  state: 'absent' | 'fetching' | 'partial' | 'present';
  path: string;
  local_path: string;
}

export interface Workspace {
  url: string | null;
  ref: string | null;
  commit: string | null;
  state: 'none' | 'updating' | 'ready' | 'failed';
  local_path: string;
  error: ErrorInfo | null;
  modified: string | null;
}
