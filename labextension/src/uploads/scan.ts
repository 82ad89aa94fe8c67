/** Makes the list of files of an upload. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { IItem } from './item';
import type { Job } from './job';
import type { Keeper } from './keeper';
import { normalized, pathProblem } from './paths';
import { unreadable } from './problems';
import type { ISource, Sources } from './tokens';

/** All files, also those that cannot be read; what can never be in a version is told to the job only. */
export async function scan(
  sources: Sources,
  job: Job,
  keeper: Keeper,
  trans: TranslationBundle,
  signal: AbortSignal
): Promise<IItem[]> {
  const items: IItem[] = [];
  const seen = new Set<string>();
  for await (const source of sources) {
    if (signal.aborted) {
      break;
    }
    const path = normalized(job.target + source.path);
    const reason = seen.has(path)
      ? trans.__('another file has the same path')
      : pathProblem(path, trans);
    seen.add(path);
    job.expect('file' in source ? source.file.size : 0);
    if (reason === null) {
      items.push(itemOf(source, path, job, keeper, trans));
    } else {
      job.refuse(path, 0, {
        message: trans.__('There cannot be such a file in a version: %1.', reason),
        hint: trans.__('Rename it, then upload it again.')
      });
    }
  }
  return items;
}

function itemOf(
  source: ISource,
  path: string,
  job: Job,
  keeper: Keeper,
  trans: TranslationBundle
): IItem {
  const { again } = source;
  if ('file' in source) {
    const { file } = source;
    const { hash, url } = keeper.find(path, file);
    return { path, file, again, hash, url, state: 'pending' };
  }
  const file = new File([], path);
  const item: IItem = { path, file, again, hash: null, url: null, state: 'failed' };
  job.failed(item, unreadable(source.problem, trans));
  return item;
}
