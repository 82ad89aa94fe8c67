/** Deleting, renaming and moving files of an uncommitted version: shown at once, and each can be undone. */

import type { IVersionRef } from '../../api/client';
import { count } from '../../format';
import type { IGradientData } from '../../tokens';
import { readEntries, stageEntries } from './entries';
import type { Listing } from './listing';
import { baseName, moved, parentOf, type IRow } from './rows';
import type { ITurn } from './useChanges';

/** Files that are put back when a deletion is undone; more cannot be. */
export const MOST_UNDONE = 10_000;

/** What was done, and how it is undone; null when it cannot be. */
export interface IDone {
  message: string;
  undo: (() => Promise<void>) | null;
}

/** Where a change is made, and where it shows. */
export interface IPlace {
  app: IGradientData;
  ref: IVersionRef;
  listing: Listing;
  turn: ITurn;
}

/**
 * Delete files and folders.
 *
 * @param confirm - Asks whether to go on though it cannot be undone.
 * @returns null when the user did not want to.
 */
export async function deleteRows(
  place: IPlace,
  rows: readonly IRow[],
  confirm: () => Promise<boolean>
): Promise<IDone | null> {
  const { app, ref, listing, turn } = place;
  const { client, trans } = app;
  return hide(place, rows, async () => {
    await turn.begun;
    const entries = await readEntries(client, ref, rows, MOST_UNDONE);
    if (entries === null && !(await confirm())) {
      return null;
    }
    const task = await client.deleteFiles(
      ref,
      rows.map(row => row.path)
    );
    turn.onTask(task);
    const deleted = await client.wait<number>(task);
    const message = trans._n('Deleted %2 file.', 'Deleted %2 files.', deleted, count(deleted));
    const undo = async (): Promise<void> => {
      await stageEntries(client, ref, entries ?? []);
      listing.refresh();
    };
    return { message, undo: entries && undo };
  });
}

/** Give a file or folder another name in its folder; it shows when the server has done it. */
export async function renameRow(
  place: IPlace,
  row: IRow,
  name: string
): Promise<IDone & { path: string }> {
  const path = parentOf(row.path) + name + (row.isFolder ? '/' : '');
  const message = place.app.trans.__('Renamed “%1” to “%2”.', baseName(row.path), name);
  const release = place.listing.hold();
  try {
    const done = await move(place, [[row.path, path]], message);
    await place.listing.edit(new Set([row.path]), [moved(row, path)]);
    return { ...done, path };
  } finally {
    release();
  }
}

/** Move files and folders into a folder. */
export function moveRows(
  place: IPlace,
  rows: readonly IRow[],
  folder: string
): Promise<IDone | null> {
  const { trans } = place.app;
  const moves = rows.map(({ path, isFolder }): [string, string] => [
    path,
    folder + baseName(path) + (isFolder ? '/' : '')
  ]);
  const where = folder === '' ? trans.__('the top') : `“${baseName(folder)}”`;
  const message = trans._n(
    'Moved %2 item to %3.',
    'Moved %2 items to %3.',
    rows.length,
    count(rows.length),
    where
  );
  return hide(place, rows, () => move(place, moves, message));
}

async function move(
  { app: { client }, ref, listing, turn }: IPlace,
  moves: readonly [source: string, target: string][],
  message: string
): Promise<IDone> {
  const moveOne = async (source: string, target: string): Promise<void> => {
    const task = await client.moveFiles(ref, source, target);
    turn.onTask(task);
    await client.wait(task);
  };
  await turn.begun;
  for (const [source, target] of moves) {
    await moveOne(source, target);
  }
  const undo = async (): Promise<void> => {
    for (const [source, target] of [...moves].reverse()) {
      await moveOne(target, source);
    }
    listing.refresh();
  };
  return { message, undo };
}

/** Take rows away while a change is made; when it is not made after all, they are shown again. */
async function hide(
  { listing }: IPlace,
  rows: readonly IRow[],
  make: () => Promise<IDone | null>
): Promise<IDone | null> {
  const release = listing.hold();
  void listing.edit(new Set(rows.map(row => row.path)), []);
  let isDone = false;
  try {
    const done = await make();
    isDone = done !== null;
    return done;
  } finally {
    if (!isDone) {
      void listing.edit(new Set(), rows);
    }
    release();
  }
}
