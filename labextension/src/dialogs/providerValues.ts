/** What is typed for a storage provider, as the server wants it, and which part of it a failure is about. */

import type { NewProvider, ProviderKind } from '../api/types';

export type Kind = Exclude<ProviderKind, 'managed'>;

/** As typed. */
export interface IValues {
  kind: Kind;
  name: string;
  bucket: string;
  endpoint: string;
  region: string;
  accessKey: string;
  secret: string;
  /** Gigabytes; empty for no limit. */
  quota: string;
}

const GB = 1_000_000_000;

export function isComplete(values: IValues): boolean {
  const needed: Record<Kind, keyof IValues | null> = {
    spaces: 'region',
    'aws-s3': null,
    's3-compatible': 'endpoint'
  };
  const more = needed[values.kind];
  const isThere = (field: keyof IValues): boolean => values[field].trim() !== '';
  const hasQuota = values.quota.trim() === '' || Number(values.quota) > 0;
  return (
    isThere('bucket') &&
    isThere('accessKey') &&
    values.secret !== '' &&
    (more === null || isThere(more)) &&
    hasQuota
  );
}

export function providerOf(values: IValues): NewProvider {
  const { kind } = values;
  const bucket = values.bucket.trim();
  const region = values.region.trim() || null;
  const endpoints: Record<Kind, string | null> = {
    spaces: `https://${region}.digitaloceanspaces.com`,
    'aws-s3': null,
    's3-compatible': values.endpoint.trim()
  };
  return {
    name: values.name.trim() || bucket,
    kind,
    s3: {
      bucket,
      access_key: values.accessKey.trim(),
      endpoint: endpoints[kind],
      // Spaces signs for one region everywhere; its datacenter is in the host's name.
      region: kind === 'spaces' ? null : region
    },
    secret: values.secret,
    quota_bytes: values.quota.trim() === '' ? null : Math.round(Number(values.quota) * GB)
  };
}

/** The server's sentences (`errors.py`), and the field that each is about; the first that fits. */
const SENTENCES: [RegExp, keyof IValues][] = [
  [/^A storage provider named /, 'name'],
  [/cannot be the name of /, 'name'],
  [/\bsecretAccessKey cannot be |the secret does not belong/, 'secret'],
  [/\baccessKey cannot be |does not know the access key/, 'accessKey'],
  [/\bregion cannot be |another region/, 'region'],
  [/\bbucket cannot be |has no bucket /, 'bucket'],
  [/\bendpoint cannot be |cannot be reached|does not answer like an S3/, 'endpoint'],
  [/ refused to /, 'accessKey']
];

/** Which field a failure is about; null when that cannot be told. */
export function wrongField(failure: unknown): keyof IValues | null {
  const words = failure instanceof Error ? failure.message : String(failure ?? '');
  return SENTENCES.find(([pattern]) => pattern.test(words))?.[1] ?? null;
}
