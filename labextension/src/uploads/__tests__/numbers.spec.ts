import './helpers';
import { nullTranslator } from '@jupyterlab/translation';
import type { IItem } from '../item';
import { Job } from '../job';
import { Pace } from '../pace';
import { normalized, pathProblem } from '../paths';
import { Rate } from '../rate';
import { groupsOf } from '../small';
import { fractionOf, part, progressOf } from '../words';
import { fileOf } from './helpers';

const trans = nullTranslator.load('');

function itemOf(path: string, size: number): IItem {
  const file = { size, lastModified: 1 } as File;
  return { path, file, hash: null, url: null, state: 'pending' };
}

describe('groupsOf', () => {
  it('bounds bytes, files and paths of what is read together', () => {
    const mega = 1024 * 1024;
    const sizes = (items: IItem[]): number[] => [...groupsOf(items)].map(({ length }) => length);
    expect(sizes(Array.from({ length: 17 }, () => itemOf('a', mega)))).toEqual([8, 8, 1]);
    expect(sizes(Array.from({ length: 4_001 }, () => itemOf('a', 0)))).toEqual([4_000, 1]);
    expect(sizes(Array.from({ length: 600 }, () => itemOf('x'.repeat(4_000), 0)))).toEqual([
      524, 76
    ]);
    expect(sizes([])).toEqual([]);
  });
});

describe('Rate', () => {
  it('is that of the last seconds, and begins with the first growth', () => {
    const rate = new Rate();
    rate.add(0, 0);
    rate.add(0, 9_000); // files were read
    expect(rate.perSecond(9_000)).toBe(0);
    rate.add(1_000, 10_000);
    expect(rate.perSecond(10_000)).toBe(1_000);
    for (let second = 11; second <= 20; second++) {
      rate.add(1_000 + (second - 10) * 100, second * 1_000);
    }
    expect(rate.perSecond(20_000)).toBe(100);
  });

  it('falls while nothing comes', () => {
    const rate = new Rate();
    rate.add(0, 0);
    rate.add(1_000, 1_000);
    expect(rate.perSecond(10_000)).toBe(100);
  });
});

describe('Pace', () => {
  it('grows while requests are quick, and shrinks when they are slow', () => {
    const pace = new Pace(1, 16);
    pace.took(2, 100);
    pace.took(4, 100);
    expect(pace.size).toBe(8);
    pace.took(1, 1); // too few bytes to tell
    expect(pace.size).toBe(8);
    pace.took(8, 10_000);
    expect(pace.size).toBe(4);
  });
});

describe('paths', () => {
  it.each([
    ['a/b.txt', null],
    ['a//b', "a part of its path is empty, '.' or '..'"],
    ['a/../b', "a part of its path is empty, '.' or '..'"],
    ['/a', "a part of its path is empty, '.' or '..'"],
    ['a\0', 'its name has a NUL character'],
    ['a\ud800b', 'its name is not valid Unicode'],
    ['\u{1f339}.jpg', null],
    ['ü'.repeat(2_049), 'its path is longer than 4,096 bytes']
  ])('%j: %s', (path, problem) => {
    expect(pathProblem(path, trans)).toBe(problem);
  });

  it('are stored composed', () => {
    expect(normalized('u\u0308')).toBe('\u00fc');
  });
});

describe('Job', () => {
  const make = (): Job =>
    new Job('1', { dataset: 'd', version: 'v' }, '', 'title', () => undefined);

  it('counts what has arrived, what was there, and what is on its way', () => {
    const job = make();
    const [small, large] = [itemOf('a', 100), itemOf('b', 900)];
    [small, large].forEach(({ file }) => job.expect(file.size));
    job.set('running');
    job.done([small], true);
    job.moved(large, 'hashing', 500);
    expect([job.bytesDone, job.bytesSkipped, job.bytesTotal]).toEqual([100, 100, 1000]);
    job.moved(large, 'sending', 300);
    expect(job.bytesDone).toBe(400);
    expect(fractionOf(job)).toBe(0.4);
    job.done([large], false);
    expect([job.filesDone, job.bytesDone, job.files.length]).toEqual([2, 1000, 0]);
  });

  it('does not count as speed what had arrived before', () => {
    jest.useFakeTimers({ now: 0 });
    const job = make();
    const item = itemOf('b', 1_000_000);
    job.expect(item.file.size);
    job.set('running');
    job.moved(item, 'sending', 900_000);
    jest.setSystemTime(1_000);
    job.moved(item, 'sending', 901_000);
    expect(job.rate).toBe(1_000);
    expect(job.secondsLeft).toBe(99);
    jest.useRealTimers();
  });

  it('keeps failed files until they are tried again, with what they have become', () => {
    const job = make();
    const item: IItem = { ...itemOf('a', 0), file: fileOf('a', 'one') };
    job.expect(3);
    job.failed(item, { message: 'No.', hint: '' } as never);
    expect([job.filesFailed, item.state]).toEqual([1, 'failed']);
    job.set('failed');
    expect(job.canRetry).toBe(true);
    item.hash = new Uint8Array(32);
    job.replaced(item, fileOf('a', 'longer'));
    expect([job.bytesTotal, item.hash]).toEqual([6, null]);
  });
});

describe('words', () => {
  it('has a unit twice only when it differs', () => {
    expect(part(3.2e9, 10e9, trans)).toBe('3.2 of 10.0 GB');
    expect(part(999e6, 10e9, trans)).toBe('999 MB of 10.0 GB');
  });

  it('tells how far an upload is', () => {
    const upload = {
      state: 'running' as const,
      filesDone: 1_204,
      filesTotal: 20_000,
      bytesDone: 3.2e9,
      bytesTotal: 10e9,
      bytesSkipped: 1.1e9,
      rate: 85e6,
      secondsLeft: 120,
      files: []
    };
    expect(progressOf(upload as never, trans).join(' · ')).toBe(
      '1,204 of 20,000 files · 3.2 of 10.0 GB · 85.0 MB/s · 2 min left · 1.1 GB already there'
    );
  });
});
