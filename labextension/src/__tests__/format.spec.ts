import { nullTranslator } from '@jupyterlab/translation';
import { ago, bytes, duration } from '../format';

const trans = nullTranslator.load('');

describe('bytes', () => {
  it.each([
    [0, '0 B'],
    [999, '999 B'],
    [1000, '1.0 KB'],
    [1_234_567, '1.2 MB'],
    [99_960_000, '100 MB'],
    [999_500, '1.0 MB'],
    [20e9, '20.0 GB']
  ])('shows %d as %s', (value, text) => {
    expect(bytes(value)).toBe(text);
  });
});

describe('ago', () => {
  const now = Date.parse('2026-01-02T12:00:00Z');

  it.each([
    ['2026-01-02T11:59:50Z', 'now'],
    ['2026-01-02T11:58:00Z', '2 minutes ago'],
    ['2026-01-01T11:00:00Z', 'yesterday'],
    ['2024-01-01T00:00:00Z', '2 years ago']
  ])('shows %s as %s', (time, text) => {
    expect(ago(time, now)).toBe(text);
  });
});

describe('duration', () => {
  it('uses the unit that fits', () => {
    expect(duration(0.2, trans)).toBe('1 s');
    expect(duration(90, trans)).toBe('2 min');
    expect(duration(3700, trans)).toBe('1 h 2 min');
  });
});
