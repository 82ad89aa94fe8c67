import { dataset } from '../../__tests__/fakeApp';
import { arrange } from '../arrange';

const FOUND = [
  dataset({ id: 'b', name: 'run 10', bytes: 5, modified: '2026-01-01T00:00:00Z', tags: ['old'] }),
  dataset({ id: 'a', name: 'Run 9', bytes: null, modified: '2026-03-01T00:00:00Z' }),
  dataset({
    id: 'c',
    name: 'apples',
    bytes: 70,
    modified: '2026-02-01T00:00:00Z',
    description: 'Red'
  })
];

const ids = (search: string, sort: 'name' | 'modified' | 'size'): string =>
  arrange(FOUND, search, sort)
    .map(({ id }) => id)
    .join('');

describe('arrange', () => {
  it('sorts by name as people count, by change, and by size', () => {
    expect(ids('', 'name')).toBe('cab');
    expect(ids('', 'modified')).toBe('acb');
    expect(ids('', 'size')).toBe('cba');
  });

  it('finds every word in name, description or tags', () => {
    expect(ids('RUN', 'name')).toBe('ab');
    expect(ids('old run', 'name')).toBe('b');
    expect(ids('red', 'name')).toBe('c');
    expect(ids('red run', 'name')).toBe('');
  });
});
