/** Text from bytes. */

export interface IText {
  text: string;
  /** Name of the encoding, as people write it. */
  encoding: string;
}

const LOOKED_AT = 8192; // bytes searched for what no text has

/** The text of a file, or null when it is none. */
export function decode(bytes: Uint8Array): IText | null {
  if (bytes[0] === 0xff && bytes[1] === 0xfe) {
    return { text: new TextDecoder('utf-16le').decode(bytes), encoding: 'UTF-16' };
  }
  if (bytes[0] === 0xfe && bytes[1] === 0xff) {
    return { text: new TextDecoder('utf-16be').decode(bytes), encoding: 'UTF-16' };
  }
  if (bytes.subarray(0, LOOKED_AT).includes(0)) {
    return null;
  }
  try {
    return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes), encoding: 'UTF-8' };
  } catch {
    return { text: new TextDecoder('windows-1252').decode(bytes), encoding: 'Windows-1252' };
  }
}
