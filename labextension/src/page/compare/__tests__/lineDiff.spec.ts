import { lineDiff } from '../lineDiff';

function apply(old: string, now: string): string {
  let [result, at] = ['', 0];
  for (const { fromA, toA, fromB, toB } of lineDiff(old, now)) {
    result += old.slice(at, fromA) + now.slice(fromB, toB);
    at = toA;
  }
  return result + old.slice(at);
}

function log(value: (at: number) => string | null, lines = 20_000): string {
  return Array.from({ length: lines }, (_, at) => value(at))
    .filter(line => line !== null)
    .map(line => `${line}\n`)
    .join('');
}

const OLD = log(at => `line ${at} of the log`);

describe('lineDiff', () => {
  it('finds a change in each thousandth line of a long text', () => {
    const now = log(at => (at % 1000 === 0 ? `line ${at} of the log!` : `line ${at} of the log`));
    const changes = lineDiff(OLD, now);
    expect(changes).toHaveLength(20);
    expect(Math.max(...changes.map(({ fromA, toA }) => toA - fromA))).toBeLessThan(10);
    expect(apply(OLD, now)).toBe(now);
  });

  it.each([
    ['removed lines', log(at => (at > 5_000 && at < 5_010 ? null : `line ${at} of the log`))],
    ['added lines', `first\n${OLD}last`],
    ['no line break at the end', OLD.slice(0, -1)],
    ['a moved block', OLD.slice(100_000) + OLD.slice(0, 100_000)],
    ['another text', log(at => `something else ${at}`)],
    ['nothing', '']
  ])('tells of %s', (_, now) => {
    expect(apply(OLD, now)).toBe(now);
    expect(apply(now, OLD)).toBe(OLD);
  });

  it('goes by what surrounds lines that repeat', () => {
    const [old, now] = [log(at => `${at % 7}`), log(at => (at === 9_000 ? 'x' : `${at % 7}`))];
    expect(apply(old, now)).toBe(now);
    expect(lineDiff(old, now)).toHaveLength(1);
  });

  it('finds nothing in equal texts', () => {
    expect(lineDiff(OLD, OLD)).toHaveLength(0);
  });
});
