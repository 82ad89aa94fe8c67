/** Where kernels find what has a place below `/inputs`, `/outputs` or `/datasets`. */

import type { Client } from '../api/client';
import type { Volumes } from '../api/types';

/** Something with a path in kernels, and on this machine. */
export interface IPlace {
  path: string;
  local_path: string;
}

/** The path that works in a kernel: without the fixed ones, that on this machine. */
export function kernelPath(place: IPlace, mode: Volumes['mode'] | undefined): string {
  return mode === 'environment' || mode === 'off' ? place.local_path : place.path;
}

/** The same, where nobody looks at how kernels see the volumes. */
export async function findKernelPath(client: Client, place: IPlace): Promise<string> {
  const volumes = await client.volumes.get();
  return kernelPath(place, volumes.mode);
}
