import { nullTranslator } from '@jupyterlab/translation';
import type { ChangeSummary } from '../../../api/types';
import { version } from '../../__tests__/fakes';
import { longChanges, matches, parentOf, shortChanges, sortVersions } from '../timeline';

const trans = nullTranslator.load('');

function summary(change: Partial<ChangeSummary>): ChangeSummary {
  return { added: 0, removed: 0, changed: 0, bytes_added: 0, bytes_removed: 0, ...change };
}

describe('sortVersions', () => {
  it('has uncommitted versions on top, then what was committed last', () => {
    const late = version(2, { committed: '2026-01-05T00:00:00Z' });
    const work = version(1, { state: 'uncommitted', committed: null });
    const now = version(4, { state: 'committing', committed: null });
    const sorted = sortVersions([version(3), late, work, now]);
    expect(sorted.map(({ version: id }) => id)).toEqual([
      'vvvvv04',
      'vvvvv01',
      'vvvvv02',
      'vvvvv03'
    ]);
  });
});

describe('matches', () => {
  const one = version(1, { message: 'More roses', tags: ['production'] });

  it.each(['', 'ROSES', 'vvvvv01', 'ada', 'prod more'])('finds it by %j', words => {
    expect(matches(one, words)).toBe(true);
  });

  it('needs all words', () => {
    expect(matches(one, 'more tulips')).toBe(false);
  });
});

describe('parentOf', () => {
  it('is a version of the same dataset only', () => {
    const { dataset } = version(1);
    expect(parentOf(version(2, { parent: `${dataset}:vvvvv01` }))).toBe('vvvvv01');
    expect(parentOf(version(2, { parent: 'ds00000000000bb:vvvvv01' }))).toBeNull();
    expect(parentOf(version(2))).toBeNull();
  });
});

describe('what changed', () => {
  it('is short, with signs', () => {
    const changes = summary({ added: 12, removed: 3, changed: 4, bytes_added: 3_100_000 });
    expect(shortChanges(changes, trans)).toBe('+12 −3 ~4 files, +3.1 MB');
    const less = summary({ removed: 1, bytes_removed: 2_000 });
    expect(shortChanges(less, trans)).toBe('−1 file, −2.0 KB');
    expect(shortChanges(summary({}), trans)).toBe('no changes');
  });

  it('is long, in words', () => {
    const changes = summary({ added: 1, changed: 2, bytes_added: 300, bytes_removed: 100 });
    expect(longChanges(changes, trans)).toBe('1 file added, 2 files changed, 200 B more');
    expect(longChanges(summary({}), trans)).toBe('No file differs.');
  });
});
