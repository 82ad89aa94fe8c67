/** Listings that were shown: going back to a folder is instant. */

import { useEffect, useMemo, useSyncExternalStore } from 'react';
import type { Client, IVersionRef } from '../../api/client';
import type { Version } from '../../api/types';
import { useApp } from '../../context';
import type { INotice } from '../../data/events';
import type { IGradientData } from '../../tokens';
import { Listing, type IListing } from './listing';
import type { ISort } from './rows';

const MOST = 100; // listings that are kept
const MOST_ROWS = 400_000; // rows that they have together, about 100 MB

/** What was shown last is kept, within bounds. */
export class Listings {
  constructor(private _client: Client) {}

  get(ref: IVersionRef, folder: string, search: string): Listing {
    const key = JSON.stringify([ref.dataset, ref.version, folder, search]);
    const found = this._kept.get(key) ?? new Listing(this._client, ref, folder, search);
    this._kept.delete(key);
    this._kept.set(key, found); // the last one is the newest
    this._drop();
    return found;
  }

  private _drop(): void {
    let rows = 0;
    const newestFirst = [...this._kept].reverse();
    newestFirst.forEach(([key, listing], place) => {
      rows += listing.state.rows.length;
      if (place > 0 && (rows > MOST_ROWS || place >= MOST)) {
        this._kept.delete(key);
      }
    });
  }

  private _kept = new Map<string, Listing>();
}

const OF_APP = new WeakMap<IGradientData, Listings>();

function listingsOf(app: IGradientData): Listings {
  const found = OF_APP.get(app) ?? new Listings(app.client);
  OF_APP.set(app, found);
  return found;
}

/** The listing of a folder, or of a search in it, and what it shows now. */
export function useListing(
  version: Version,
  folder: string,
  search: string,
  sort: ISort
): { listing: Listing; shown: IListing } {
  const app = useApp();
  const { dataset, version: id, state } = version;
  const isFixed = state === 'committed';
  const listing = useMemo(
    () => listingsOf(app).get({ dataset, version: id }, folder, search),
    [app, dataset, id, folder, search]
  );
  useEffect(() => listing.sort(sort), [listing, sort]);
  useEffect(() => {
    listing.start(isFixed);
    return () => listing.stop();
  }, [listing, isFixed]);
  useEffect(() => {
    if (isFixed) {
      return;
    }
    const subject = `${dataset}:${id}`;
    const onChange = (_: unknown, notice: INotice | null): void => {
      if (notice === null || (notice.thing === 'version' && notice.subject === subject)) {
        listing.refresh();
      }
    };
    app.events.changed.connect(onChange);
    return () => void app.events.changed.disconnect(onChange);
  }, [app, dataset, id, isFixed, listing]);
  const shown = useSyncExternalStore(
    useMemo(() => listing.subscribe.bind(listing), [listing]),
    () => listing.state
  );
  return { listing, shown };
}
