import { version } from '../../__tests__/fakes';
import { sortVersions } from '../../versions/timeline';
import { choosePair } from '../pair';

const first = version(1, { tags: ['baseline'] });
const second = version(2, { parent: `${first.dataset}:${first.version}` });
const fork = version(3, { parent: `${first.dataset}:${first.version}` });
const work = version(4, {
  state: 'uncommitted',
  committed: null,
  parent: `${second.dataset}:${second.version}`
});
const all = sortVersions([first, second, fork, work]);

function chosen(wanted: { version?: string; old?: string }, versions = all): string[] | null {
  const pair = choosePair(versions, 'vvvvv03', wanted);
  return pair && [pair.old.version, pair.new.version];
}

describe('choosePair', () => {
  it('compares the latest with its parent', () => {
    expect(chosen({})).toEqual(['vvvvv01', 'vvvvv03']);
    expect(chosen({ version: 'latest' })).toEqual(['vvvvv01', 'vvvvv03']);
  });

  it('compares an uncommitted version with its parent', () => {
    expect(chosen({ version: 'vvvvv04' })).toEqual(['vvvvv02', 'vvvvv04']);
  });

  it('takes what is asked for, also by tag', () => {
    expect(chosen({ version: 'vvvvv04', old: 'baseline' })).toEqual(['vvvvv01', 'vvvvv04']);
    expect(chosen({ version: 'vvvvv02', old: 'vvvvv02' })).toEqual(['vvvvv02', 'vvvvv02']);
  });

  it('chooses again what is gone', () => {
    expect(chosen({ version: 'deleted', old: 'deleted' })).toEqual(['vvvvv01', 'vvvvv03']);
  });

  it('compares a version without parent with the one before it, else with any', () => {
    const orphan = version(5, { parent: 'ds00000000000bb:vvvvv01' });
    expect(chosen({ version: 'vvvvv05' }, sortVersions([orphan, ...all]))).toEqual([
      'vvvvv03',
      'vvvvv05'
    ]);
    expect(chosen({ version: 'vvvvv01' })).toEqual(['vvvvv04', 'vvvvv01']);
  });

  it('compares the uncommitted version when only one is committed', () => {
    const next = version(2, { state: 'uncommitted', parent: `${first.dataset}:${first.version}` });
    expect(chosen({}, [next, first])).toEqual(['vvvvv01', 'vvvvv02']);
  });

  it('knows when there are not two', () => {
    expect(chosen({}, [first])).toBeNull();
    expect(chosen({ version: 'vvvvv01' }, [first])).toBeNull();
    expect(chosen({}, [])).toBeNull();
  });
});
