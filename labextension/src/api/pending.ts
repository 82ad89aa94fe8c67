/** Shapes of the server's that its description does not have yet. */

import type { components } from './schema';

type ErrorInfo = components['schemas']['ErrorInfo'];

export type Volume = {
  name: string;
  path: string;
  local_path: string;
  is_writable: boolean;
  used_bytes: number | null;
  limit_bytes: number | null;
  free_bytes: number | null;
};

export type Volumes = {
  notebook: string;
  region: string;
  mode: 'namespace' | 'links' | 'environment';
  reason: string;
  volumes: Volume[];
};

export type Workspace = {
  url: string | null;
  ref: string | null;
  commit: string | null;
  state: 'none' | 'updating' | 'ready' | 'failed';
  local_path: string;
  error: ErrorInfo | null;
  modified: string | null;
};
