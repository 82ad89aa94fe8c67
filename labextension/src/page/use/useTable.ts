/** A table in a version, to show how it is read. */

import useSWRImmutable from 'swr/immutable';
import type { Client, IVersionRef } from '../../api/client';
import type { FileInfo } from '../../api/types';
import { useApp } from '../../context';
import { suffixOf } from '../compare/modes';
import { TABLE_SUFFIXES } from './snippets';

/** Its path; null when there is none, undefined until it is known. */
export function useTable(ref: IVersionRef): string | null | undefined {
  const { client } = useApp();
  return useSWRImmutable<string | null>(['table', ref.dataset, ref.version], () =>
    findTable(client, ref)
  ).data;
}

async function findTable(client: Client, ref: IVersionRef): Promise<string | null> {
  const top = await client.listFiles(ref, '');
  const found = first(top.items);
  if (found !== null) {
    return found;
  }
  for (const suffix of TABLE_SUFFIXES) {
    const page = await client.listFiles(ref, '', { search: `*.${suffix}`, limit: 1 });
    const deep = first(page.items);
    if (deep !== null) {
      return deep;
    }
  }
  return null;
}

function first(files: readonly FileInfo[]): string | null {
  const isTable = ({ path, is_folder }: FileInfo): boolean =>
    !is_folder && TABLE_SUFFIXES.includes(suffixOf(path));
  return files.find(isTable)?.path ?? null;
}
