/** Shapes of the server's that its description does not have yet. */

import type { components } from './schema';

type ErrorInfo = components['schemas']['ErrorInfo'];

export type Workspace = {
  url: string | null;
  ref: string | null;
  commit: string | null;
  state: 'none' | 'updating' | 'ready' | 'failed';
  local_path: string;
  error: ErrorInfo | null;
  modified: string | null;
};
