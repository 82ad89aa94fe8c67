/** Text from bytes. */

interface IText {
  text: string;
  /** Name of the encoding, as people write it. */
  encoding: string;
}

const LOOKED_AT = 8192; // bytes searched for what no text has

/** The text of a file, or null when it is none. */
export function decode(bytes: Uint8Array): IText | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return { text: read('utf-16le', false, bytes), encoding: 'UTF-16' };
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return { text: read('utf-16be', false, bytes), encoding: 'UTF-16' };
  }
  if (bytes.subarray(0, LOOKED_AT).includes(0)) {
    return null;
  }
  try {
    return { text: read('utf-8', true, bytes), encoding: 'UTF-8' };
  } catch {
    return { text: read('windows-1252', false, bytes), encoding: 'Windows-1252' };
  }
}

/**
 * The text in the engine's own memory: what a decoder gives lies outside of it in Chromium, where every look at one of
 * a million lines or cells is many times slower.
 */
function read(encoding: string, fatal: boolean, bytes: Uint8Array): string {
  return ` ${new TextDecoder(encoding, { fatal }).decode(bytes)}`.slice(1);
}
