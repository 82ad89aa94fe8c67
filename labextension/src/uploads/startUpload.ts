/** Begins an upload of what was dropped or chosen. */

import type { IVersionRef } from '../api/client';
import type { IGradientData } from '../tokens';
import { describe, type IChosen } from './sources';
import type { IUpload } from './tokens';

/**
 * Upload files and folders into an uncommitted version.
 *
 * @param target - Folder in the version: empty, or ending with `/`.
 * @param dataset - The dataset's name, for people.
 */
export function startUpload(
  { trans, uploads }: IGradientData,
  ref: IVersionRef,
  target: string,
  chosen: IChosen,
  dataset: string
): IUpload {
  const title = trans.__('%1: %2', dataset, describe(chosen.names, trans));
  return uploads.add(ref, target, title, chosen.sources);
}
