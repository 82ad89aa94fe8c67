/** What is said of an upload. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { bytes, count, duration, files } from '../format';
import type { IUpload } from './tokens';

/** How far it is, in a few words each. */
export function progressOf(upload: IUpload, trans: TranslationBundle): string[] {
  const { state, filesTotal, rate, secondsLeft } = upload;
  switch (state) {
    case 'scanning':
      return [trans.__('Looking for files… %1 so far', count(filesTotal))];
    case 'running':
      return [
        isReading(upload) ? trans.__('Reading…') : '',
        ...amounts(upload, trans),
        rate > 0 ? trans.__('%1/s', bytes(rate)) : '',
        rate > 0 && secondsLeft !== null ? trans.__('%1 left', duration(secondsLeft, trans)) : '',
        skipped(upload, trans)
      ].filter(Boolean);
    case 'done':
      return [files(filesTotal, trans), bytes(upload.bytesTotal), skipped(upload, trans)].filter(
        Boolean
      );
    default:
      return filesTotal > 0 ? amounts(upload, trans) : [];
  }
}

/** Why it does not go on, or how it ended; also what a screen reader announces. */
export function stateOf(upload: IUpload, trans: TranslationBundle): string {
  const { state, waitsFor, filesFailed, filesDone, isOffline } = upload;
  switch (state) {
    case 'waiting':
      return waitsFor === 'permission'
        ? trans.__('The browser wants your permission to read the files again. Or drop them here.')
        : trans.__(
            'Choose the same again, or drop it here, to go on; what has arrived is not sent again.'
          );
    case 'failed':
      return filesFailed > 0
        ? trans._n(
            '%2 file did not arrive; the others are there.',
            '%2 files did not arrive; the others are there.',
            filesFailed,
            count(filesFailed)
          )
        : '';
    case 'done':
      return trans.__('All files have arrived.');
    case 'cancelled':
      return filesDone > 0
        ? trans._n(
            'Cancelled; %2 file stays in the version.',
            'Cancelled; %2 files stay in the version.',
            filesDone,
            count(filesDone)
          )
        : trans.__('Cancelled.');
    case 'paused':
      return trans.__('Paused');
    default:
      return isOffline ? trans.__('Waiting for the server…') : '';
  }
}

/** Between 0 and 1; null while nothing can be sent yet. */
export function fractionOf(upload: IUpload): number | null {
  const { state, filesDone, filesTotal, bytesDone, bytesTotal } = upload;
  if (state === 'scanning' || isReading(upload)) {
    return null;
  }
  // Files without bytes count as well.
  return bytesTotal > 0 ? bytesDone / bytesTotal : filesTotal > 0 ? filesDone / filesTotal : 0;
}

/** Whether nothing can be sent yet, because large files are being hashed. */
function isReading({ state, rate, files: moving }: IUpload): boolean {
  return state === 'running' && rate === 0 && moving.some(file => file.state === 'hashing');
}

function amounts(upload: IUpload, trans: TranslationBundle): string[] {
  const { filesDone, filesTotal, bytesDone, bytesTotal } = upload;
  const [done, total] = [count(filesDone), count(filesTotal)];
  return [
    trans._n('%2 of %3 file', '%2 of %3 files', filesTotal, done, total),
    part(bytesDone, bytesTotal, trans)
  ];
}

function skipped({ bytesSkipped }: IUpload, trans: TranslationBundle): string {
  return bytesSkipped > 0 ? trans.__('%1 already there', bytes(bytesSkipped)) : '';
}

/** `3.2 of 10 GB`; the unit of the first only when it is another one. */
export function part(done: number, total: number, trans: TranslationBundle): string {
  const [number, unit] = bytes(done).split(' ');
  const whole = bytes(total);
  return trans.__('%1 of %2', whole.endsWith(` ${unit}`) ? number : bytes(done), whole);
}
