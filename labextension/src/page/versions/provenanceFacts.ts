/** Where a version comes from, read from its metadata: what is there in the shape that we know, and nothing else. */

import { isFields } from '../../lock/format';

/** Key of a version's metadata. */
export const PROVENANCE = 'provenance';

export interface IInput {
  /** What the notebook asked for: `flowers:latest`. */
  reference: string;
  /** Id of the dataset and version; empty where they are not known. */
  dataset: string;
  version: string;
  /** Where it was mounted; empty when it was not. */
  path: string;
}

export interface IProvenance {
  notebook: string;
  notebookHash: string;
  /** `python3, Python 3.12.1`. */
  kernel: string;
  packages: readonly { name: string; version: string }[];
  inputs: readonly IInput[];
}

/** Null when nothing of it can be shown, so that it is to be shown as any other metadata. */
export function readProvenance(value: unknown): IProvenance | null {
  if (!isFields(value)) {
    return null;
  }
  const kernel = isFields(value.kernel) ? value.kernel : {};
  const python = text(kernel.python);
  const found: IProvenance = {
    notebook: text(value.notebook),
    notebookHash: text(value.notebook_hash),
    kernel: [text(kernel.name), python && `Python ${python}`].filter(Boolean).join(', '),
    packages: packagesOf(value.packages),
    inputs: Array.isArray(value.inputs) ? value.inputs.flatMap(inputOf) : []
  };
  return Object.values(found).some(({ length }) => length > 0) ? found : null;
}

function packagesOf(value: unknown): IProvenance['packages'] {
  return Object.entries(isFields(value) ? value : {})
    .map(([name, version]) => ({ name, version: text(version) }))
    .sort((a, b) => a.name.localeCompare(b.name));
}

function inputOf(value: unknown): IInput[] {
  if (!isFields(value)) {
    return [];
  }
  const [dataset, version] = [text(value.dataset), text(value.version)];
  const reference = text(value.reference) || [dataset, version].filter(Boolean).join(':');
  return reference ? [{ reference, dataset, version, path: text(value.path) }] : [];
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}
