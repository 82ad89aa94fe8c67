/** Opening files in JupyterLab's viewers, and saving them from the browser. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import type { DocumentRegistry } from '@jupyterlab/docregistry';
import { versionPath, type IVersionRef } from '../../api/client';
import { send } from '../../api/request';
import type { Dataset } from '../../api/types';
import { bytes } from '../../format';
import { drivePath } from '../../integration/drive';
import type { IGradientData } from '../../tokens';
import { save } from '../save';
import { baseName, type IRow } from './rows';

const MOST_BYTES = 32 * 1024 * 1024; // of a file that the drive hands to a viewer
const LOOKED_AT = 4096; // bytes that tell text from what is none
const LONGEST_LINK = 8_000; // characters that every server and proxy takes

/** Open a file in the viewer that shows it best; offer to save it where none can. */
export async function openFile(
  app: IGradientData,
  dataset: Dataset,
  ref: IVersionRef,
  row: IRow
): Promise<void> {
  const { trans } = app;
  if (row.size > MOST_BYTES) {
    const size = bytes(row.size);
    const limit = bytes(MOST_BYTES);
    await offerDownload(app, ref, row, trans.__('It has %1; viewers open up to %2.', size, limit));
    return;
  }
  if (!hasViewer(app.docRegistry, row.path) && !(await isText(app, ref, row))) {
    await offerDownload(app, ref, row, trans.__('No viewer here knows this kind of file.'));
    return;
  }
  // By name, so that the title and the path on hover mean something.
  const name = dataset.name.includes('/') ? dataset.id : dataset.name;
  await app.commands.execute('docmanager:open', {
    path: drivePath({ dataset: name, version: ref.version }, row.path),
    factory: viewerOf(app.docRegistry, row.path)
  });
}

/** The name of the viewer for a file: one that shows rather than edits, as nothing can be saved. */
export function viewerOf(registry: DocumentRegistry, path: string): string | undefined {
  const types = registry.getFileTypesForPath(baseName(path)).map(type => type.name);
  const factories = registry.preferredWidgetFactories(path);
  const rendered = factories.find(({ defaultRendered }) =>
    defaultRendered?.some(type => types.includes(type))
  );
  return (rendered ?? factories[0])?.name;
}

/** Whether a viewer is made for this type of file, and does not just take any. */
function hasViewer(registry: DocumentRegistry, path: string): boolean {
  const types = registry.getFileTypesForPath(baseName(path)).map(type => type.name);
  return registry
    .preferredWidgetFactories(path)
    .some(({ fileTypes }) => fileTypes?.some(type => types.includes(type)));
}

async function isText(app: IGradientData, ref: IVersionRef, row: IRow): Promise<boolean> {
  if (row.size === 0) {
    return true;
  }
  const escaped = row.path.split('/').map(encodeURIComponent).join('/');
  const answer = await send(app.client.settings, `${versionPath(ref)}/content/${escaped}`, {
    headers: { Range: `bytes=0-${LOOKED_AT - 1}` }
  });
  return !new Uint8Array(await answer.arrayBuffer()).includes(0);
}

async function offerDownload(
  { client, trans }: IGradientData,
  ref: IVersionRef,
  row: IRow,
  reason: string
): Promise<void> {
  const { button } = await showDialog({
    title: trans.__('“%1” cannot be shown here', row.name),
    body: reason,
    buttons: [
      Dialog.cancelButton({ label: trans.__('Cancel') }),
      Dialog.okButton({ label: trans.__('Download') })
    ]
  });
  if (button.accept) {
    save(client.contentUrl(ref, row.path, 'attachment'));
  }
}

/** Where the browser saves rows, or the version when there are none; null when they are too many for one link. */
export function downloadUrl(
  { client }: IGradientData,
  ref: IVersionRef,
  rows: readonly IRow[]
): string | null {
  if (rows.length === 1 && !rows[0].isFolder) {
    return client.contentUrl(ref, rows[0].path, 'attachment');
  }
  if (rows.reduce((length, row) => length + row.path.length, 0) > LONGEST_LINK) {
    return null;
  }
  const url = client.archiveUrl(
    ref,
    rows.map(row => row.path)
  );
  return url.length > LONGEST_LINK ? null : url;
}
