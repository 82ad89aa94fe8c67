/** Small files: read in groups, offered by their hashes, and what the server lacks sent in packs. */

import { ApiError } from '../api/request';
import { HASH_SIZE, PACK_SIZE, SMALL } from './constants';
import type { IReadFiles } from './hashing';
import { entryOf, pathBytes, type IItem } from './item';
import type { LargeFiles } from './large';
import { PackBuilder, type Framed } from './pack';
import { isOneFiles } from './problems';
import { forEach } from './slots';
import type { ITransfer } from './transfer';

const GROUP_BYTES = 8 * 1024 * 1024; // read at once
const GROUP_FILES = 4_000;
const GROUP_PATHS = 2 * 1024 * 1024; // bytes of paths: a question about files may not be too long
const READ_FILES = 256; // in one go: making a list of them keeps the page waiting
const GROUPS = 3; // at once
const MOST_FILES = 20_000; // put with one pack

/** Files whose contents are in the pack that is being filled. */
interface IFilling {
  builder: PackBuilder;
  items: IItem[];
  /** Bytes of contents and paths. */
  weight: number;
}

export class SmallFiles {
  constructor(
    private _context: ITransfer,
    private _large: LargeFiles
  ) {}

  async send(items: readonly IItem[]): Promise<void> {
    const { groups, signal } = this._context;
    await forEach(groupsOf(items), GROUPS, group =>
      groups.run(signal, () => this._sendGroup(group))
    );
    await this._close();
    await Promise.all(this._sending);
  }

  private async _sendGroup(group: readonly IItem[]): Promise<void> {
    const contents = new Map<IItem, Uint8Array>();
    await this._read(
      group.filter(({ hash }) => hash === null),
      contents
    );
    // Some may have failed, or may be there, as they could not be read with the others.
    const wanted = await this._stage(group.filter(({ state }) => state === 'pending'));
    // Those whose hash was known from before have not been read yet.
    await this._read(
      wanted.filter(item => !contents.has(item)),
      contents
    );
    for (const item of wanted) {
      const content = contents.get(item);
      if (content) {
        await this._add(item, content);
      }
    }
  }

  /** Read and hash files, few enough at a time that the page stays quick. */
  private async _read(items: readonly IItem[], contents: Map<IItem, Uint8Array>): Promise<void> {
    for (let start = 0; start < items.length; start += READ_FILES) {
      await this._readSome(items.slice(start, start + READ_FILES), contents);
    }
  }

  /** What cannot be read with the others is tried once more, alone. */
  private async _readSome(
    items: readonly IItem[],
    contents: Map<IItem, Uint8Array>
  ): Promise<void> {
    const { hashing, signal } = this._context;
    const files = items.map(({ file }) => file);
    const sizes = files.map(({ size }) => size);
    const read: IReadFiles = await hashing.files(new Blob(files), sizes);
    signal.throwIfAborted();
    const failed = new Set(read.failed);
    let start = 0;
    for (const [place, item] of items.entries()) {
      if (!failed.has(place)) {
        item.hash = read.hashes.slice(place * HASH_SIZE, (place + 1) * HASH_SIZE);
        contents.set(item, read.contents.subarray(start, start + sizes[place]));
      }
      start += sizes[place];
    }
    for (const place of read.failed) {
      await this._large.sendChanged(items[place]);
    }
  }

  /** Offer files; those that the server wants. One that it refuses is found by offering halves. */
  private async _stage(items: readonly IItem[]): Promise<IItem[]> {
    if (items.length === 0) {
      return [];
    }
    const { inbox, report } = this._context;
    try {
      const places = new Set(await inbox.stage(items.map(entryOf)));
      report.done(
        items.filter((_, place) => !places.has(place)),
        true
      );
      return items.filter((_, place) => places.has(place));
    } catch (reason) {
      const halves = this._halves(items, reason);
      return (await Promise.all(halves.map(half => this._stage(half)))).flat();
    }
  }

  private async _add(item: IItem, content: Uint8Array): Promise<void> {
    const { hash } = item;
    if (hash === null) {
      return;
    }
    const filling = this._filling;
    filling.builder.add(hash, content);
    filling.items.push(item);
    filling.weight += content.length + pathBytes(item.path).length;
    const { weight, items } = filling;
    if (weight >= this._context.packPace.size || items.length >= MOST_FILES) {
      await this._close();
    }
  }

  /** Send the pack that is being filled; waits while too many are on their way. */
  private async _close(): Promise<void> {
    const { builder, items } = this._filling;
    this._filling = empty();
    if (items.length === 0) {
      return;
    }
    const { hashing, packs, signal, stop } = this._context;
    const begun = new Promise<void>((resolve, reject) => {
      const sent = packs.run(signal, async () => {
        resolve();
        await this._sendPack(
          await builder.finish(data => hashing.bytes(data)),
          items,
          builder.size
        );
      });
      this._sending.add(sent);
      sent.then(
        () => this._sending.delete(sent),
        (error: unknown) => {
          stop.abort(error); // or the next packs would be sent for nothing
          reject(error);
        }
      );
    });
    await begun;
  }

  private async _sendPack(pack: Framed, items: readonly IItem[], size: number): Promise<void> {
    const { inbox, packPace, report } = this._context;
    const start = performance.now();
    try {
      await inbox.send(pack, items.map(entryOf));
    } catch (reason) {
      for (const half of this._halves(items, reason)) {
        await this._sendPack(pack, half, size);
      }
      return;
    }
    packPace.took(size, performance.now() - start);
    report.done(items, false);
  }

  /** When the server refuses one of several files, its halves; one alone has failed. */
  private _halves(items: readonly IItem[], reason: unknown): (readonly IItem[])[] {
    const error = ApiError.of(reason);
    if (!isOneFiles(error)) {
      throw reason;
    }
    if (items.length === 1) {
      this._context.report.failed(items[0], error);
      return [];
    }
    const middle = items.length >> 1;
    return [items.slice(0, middle), items.slice(middle)];
  }

  private _filling: IFilling = empty();
  private _sending = new Set<Promise<void>>();
}

function empty(): IFilling {
  return { builder: new PackBuilder(PACK_SIZE + SMALL), items: [], weight: 0 };
}

/** Files that are read together. */
export function* groupsOf(items: readonly IItem[]): Iterable<readonly IItem[]> {
  let group: IItem[] = [];
  let size = 0;
  let paths = 0;
  for (const item of items) {
    const path = pathBytes(item.path).length;
    const isFull =
      size + item.file.size > GROUP_BYTES ||
      paths + path > GROUP_PATHS ||
      group.length >= GROUP_FILES;
    if (isFull && group.length > 0) {
      yield group;
      group = [];
      size = 0;
      paths = 0;
    }
    group.push(item);
    size += item.file.size;
    paths += path;
  }
  if (group.length > 0) {
    yield group;
  }
}
