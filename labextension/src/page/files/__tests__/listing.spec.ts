import { waitFor } from '@testing-library/react';
import { DATASET, fake, page, refusal, type Answers, type IFake } from '../../__tests__/fakes';
import { Listing } from '../listing';

const FILES = `/api/datasets/${DATASET}/versions/vvvvv01/files`;

function file(path: string, size = 1): object {
  return { path, size, hash: 'ab'.repeat(32) };
}

function listingOf(answer: unknown, search = ''): { listing: Listing; network: IFake } {
  const network = fake({ [`GET ${FILES}`]: answer } as Answers);
  const ref = { dataset: DATASET, version: 'vvvvv01' };
  return { listing: new Listing(network.app.client, ref, 'in/', search), network };
}

function names({ state }: Listing): string[] {
  return state.rows.map(row => row.name);
}

/** Two pages, the second one named by the last path of the first. */
function twoPages({ path }: { path: string }): object {
  return path.includes('after=')
    ? page([file('in/b'), file('in/c')])
    : page([file('in/d'), file('in/a')], 'in/a');
}

describe('Listing', () => {
  it('shows a first page at once, and merges the others in', async () => {
    const { listing, network } = listingOf(twoPages);
    const seen: string[][] = [];
    listing.subscribe(() => seen.push(names(listing)));
    listing.start(true);
    await waitFor(() => expect(listing.state.isLoading).toBe(false));
    expect(seen).toContainEqual(['a', 'd']);
    expect(names(listing)).toEqual(['a', 'b', 'c', 'd']);
    const limits = network.asked.map(({ path }) => new URLSearchParams(path).get('limit'));
    expect(limits).toEqual(['100', '10000']);
  });

  it('does not ask again for what can never change', async () => {
    const { listing, network } = listingOf(twoPages);
    listing.start(true);
    await waitFor(() => expect(listing.state.isLoading).toBe(false));
    listing.stop();
    listing.start(true);
    await Promise.resolve();
    expect(network.asked).toHaveLength(2);
  });

  it('is sorted again without asking', async () => {
    const { listing, network } = listingOf(page([file('in/a', 1), file('in/b', 5)]));
    listing.start(true);
    await waitFor(() => expect(names(listing)).toEqual(['a', 'b']));
    listing.sort({ by: 'size', isDescending: true });
    await waitFor(() => expect(names(listing)).toEqual(['b', 'a']));
    expect(network.asked).toHaveLength(1);
  });

  it('keeps the same rows when a refresh finds nothing new, and swaps them when it does', async () => {
    let items = [file('in/a')];
    const { listing, network } = listingOf(() => page(items));
    listing.start(false);
    await waitFor(() => expect(names(listing)).toEqual(['a']));
    const { rows } = listing.state;
    listing.refresh();
    await waitFor(() => expect(network.asked).toHaveLength(2));
    await waitFor(() => expect(listing.state.isLoading).toBe(false));
    expect(listing.state.rows).toBe(rows);
    items = [file('in/b')];
    listing.refresh();
    // A refresh that comes during another one waits a while.
    await waitFor(() => expect(names(listing)).toEqual(['b']), { timeout: 5_000 });
  });

  it('does not look while something is changed, so that nothing comes back', async () => {
    const { listing, network } = listingOf(page([file('in/a'), file('in/b')]));
    listing.start(false);
    await waitFor(() => expect(names(listing)).toEqual(['a', 'b']));
    const release = listing.hold();
    await listing.edit(new Set(['in/a']), []);
    listing.refresh();
    expect(names(listing)).toEqual(['b']);
    expect(network.asked).toHaveLength(1);
    release();
    await waitFor(() => expect(network.asked).toHaveLength(2));
  });

  it('is empty when the folder is gone, and says what else went wrong', async () => {
    const gone = listingOf(() => refusal(404, 'file_not_found', 'Gone.')).listing;
    gone.start(false);
    await waitFor(() => expect(gone.state.error?.code).toBe('file_not_found'));
    expect(gone.state).toMatchObject({ rows: [], isPending: false, isLoading: false });
    const failed = listingOf(() => refusal(500, 'store_failed', 'No.')).listing;
    failed.start(false);
    await waitFor(() => expect(failed.state.error?.message).toBe('No.'));
    expect(failed.state.isPending).toBe(true);
  });

  it('names what a search found by its whole path', async () => {
    const { listing, network } = listingOf(page([file('in/deep/a')]), 'a');
    listing.start(true);
    await waitFor(() => expect(names(listing)).toEqual(['in/deep/a']));
    expect(network.asked[0].path).toContain('search=a');
  });
});
