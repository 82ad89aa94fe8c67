/** Brings files into a version: small ones in packs, large ones by tus, and none that the server has. */

import type { TranslationBundle } from '@jupyterlab/translation';
import type { Client } from '../api/client';
import { SMALL } from './constants';
import type { IHashing } from './hashingPool';
import type { Inbox } from './inbox';
import type { IItem, IReport } from './item';
import { LargeFiles } from './large';
import type { Pace } from './pace';
import type { Persistence } from './persist';
import { forEach, type Slots } from './slots';
import { SmallFiles } from './small';

/** What all uploads of a tab share, so that together they are bounded. */
export interface IShared {
  client: Client;
  hashing: IHashing;
  trans: TranslationBundle;
  /** Small files that are read, or wait until they are sent, in groups. */
  groups: Slots;
  /** Packs that are sent. */
  packs: Slots;
  packPace: Pace;
  /** Large files that are read or sent. */
  large: Slots;
  chunkPace: Pace;
}

/** One transfer. */
export interface ITransfer extends IShared {
  inbox: Inbox;
  persistence: Persistence;
  report: IReport;
  /** Stops it, also from inside. */
  stop: AbortController;
  signal: AbortSignal;
}

const AT_ONCE = 3; // of each kind; the slots bound all uploads together

/** Ends when every file is in the version or has failed; throws what concerns them all. */
export async function transfer(items: readonly IItem[], context: ITransfer): Promise<void> {
  const { stop, signal } = context;
  const large = new LargeFiles(context);
  const small = new SmallFiles(context, large);
  const halves = [
    small.send(items.filter(({ file }) => file.size < SMALL)),
    forEach(
      items.filter(({ file }) => file.size >= SMALL),
      AT_ONCE,
      item => large.send(item)
    )
  ];
  // What ends one half ends the other.
  await Promise.allSettled(halves.map(half => half.catch(error => stop.abort(error))));
  signal.throwIfAborted();
}
