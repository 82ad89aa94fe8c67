import './helpers';
import { hashBytes, readFiles } from '../hashing';
import { PackBuilder, type Entry } from '../pack';

/** Made by `blobs.packs.PackBuilder` and `service.native.frame_pack` of the same files. */
const FIXTURE = [
  'xAAAAJSUxAphL3Jvc2UudHh0BsQgmPr9Dwsb0kRyC4YCFaGSQg2Q7YiXnqutAKFnbPcD/IzClMQIYS/DvC50eHQA',
  'xCCvE0m59fmhpqBATeo23MlJm8slya3BErfMmpPK5B8yYsKUxBBiL3Jvc2UgYWdhaW4udHh0BsQgmPr9Dwsb0kRy',
  'C4YCFaGSQg2Q7YiXnqutAKFnbPcD/IzClMQFYy5iaW4oxCCVY6UPBwsm7qoe4Kaslbi6kWjDKxr3GvL+Vai04mjO',
  'XsJqZ2RwYWNrMWEgcm9zZQABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4fICEiIyQlJieY+v0PCxvSRHIL',
  'hgIVoZJCDZDtiJeeq60AoWds9wP8jAYAAAAGAAAAAK8TSbn1+aGmoEBN6jbcyUmbyyXJrcESt8yak8rkHzJiAAAA',
  'AAAAAAAAlWOlDwcLJu6qHuCmrJW4upFowysa9xry/lWotOJozl4oAAAAKAAAAAA6ceM+Lj/GlCRRaslVT8RnXIe8',
  '8GLg46lDQMfy3R6Mg3sAAABqZ2RwYWNrMQ=='
].join('');

const FILES: [string, Uint8Array][] = [
  ['a/rose.txt', Buffer.from('a rose')],
  ['a/ü.txt', new Uint8Array()],
  ['b/rose again.txt', Buffer.from('a rose')],
  ['c.bin', Uint8Array.from({ length: 40 }, (_, at) => at)]
];

describe('PackBuilder', () => {
  it('makes the bytes that our Python client makes', async () => {
    const builder = new PackBuilder(1000);
    const entries: Entry[] = [];
    for (const [path, content] of FILES) {
      const hash = await hashBytes(content);
      builder.add(hash, content);
      entries.push([Buffer.from(path), content.length, hash, false]);
    }
    expect(builder.size).toBe(46); // equal contents are in it once
    const framed = (await builder.finish(hashBytes))(entries);
    expect(Buffer.concat(framed).toString('base64')).toBe(FIXTURE);
  });
});

describe('readFiles', () => {
  it('gives contents and hashes of each', async () => {
    const blob = new Blob(FILES.map(([, content]) => content));
    const sizes = FILES.map(([, content]) => content.length);
    const { contents, hashes, failed } = await readFiles(blob, sizes);
    expect(Buffer.from(contents.subarray(0, 6)).toString()).toBe('a rose');
    expect(Buffer.from(hashes.subarray(64, 96))).toEqual(Buffer.from(hashes.subarray(0, 32)));
    expect(failed).toEqual([]);
  });

  it('finds those that cannot be read, and reads the others', async () => {
    const whole = new Blob(['onetwosix']);
    const broken = {
      size: 9,
      arrayBuffer: () => Promise.reject(new Error('gone')),
      slice: (start: number, end: number) => (start === 3 ? broken : whole.slice(start, end))
    } as unknown as Blob;
    const { contents, hashes, failed } = await readFiles(broken, [3, 3, 3]);
    expect(failed).toEqual([1]);
    expect(Buffer.from(contents.subarray(6)).toString()).toBe('six');
    expect(Buffer.from(hashes.subarray(64))).toEqual(
      Buffer.from(await hashBytes(Buffer.from('six')))
    );
  });
});
