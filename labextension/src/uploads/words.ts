/** What is said of an upload. */

import type { TranslationBundle } from '@jupyterlab/translation';
import { bytes, count, duration, files } from '../format';
import type { IUpload } from './tokens';

/** How far it is, in one line. */
export function progressOf(upload: IUpload, trans: TranslationBundle): string {
  const { state, filesTotal, filesDone, rate, secondsLeft, bytesSkipped, isOffline } = upload;
  switch (state) {
    case 'scanning':
      return trans.__('Looking for files… %1 so far', count(filesTotal));
    case 'waiting':
      return filesTotal > 0 ? amounts(upload, trans) : '';
    case 'paused':
      return join(trans.__('Paused'), amounts(upload, trans));
    case 'running':
      return join(
        isOffline ? trans.__('Waiting for the server…') : '',
        amounts(upload, trans),
        rate > 0 ? trans.__('%1/s', bytes(rate)) : '',
        rate > 0 && secondsLeft !== null ? trans.__('%1 left', duration(secondsLeft, trans)) : '',
        bytesSkipped > 0 ? trans.__('%1 already there', bytes(bytesSkipped)) : ''
      );
    case 'done':
      return join(
        files(filesDone, trans),
        bytes(upload.bytesDone),
        bytesSkipped > 0 ? trans.__('%1 already there', bytes(bytesSkipped)) : ''
      );
    default:
      return amounts(upload, trans);
  }
}

/** Why it does not go on, or how it ended; also what a screen reader announces. */
export function stateOf(upload: IUpload, trans: TranslationBundle): string {
  const { state, waitsFor, filesFailed, filesDone, isOffline } = upload;
  switch (state) {
    case 'waiting':
      return waitsFor === 'permission'
        ? trans.__('The browser asks for your permission to read the files again.')
        : trans.__('Choose or drop the same again to go on; what has arrived is not sent again.');
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

/** Between 0 and 1; null while the list of files is not complete. */
export function fractionOf({
  state,
  filesDone,
  filesTotal,
  bytesDone,
  bytesTotal
}: IUpload): number | null {
  if (state === 'scanning') {
    return null;
  }
  // Files without bytes count as well.
  return bytesTotal > 0 ? bytesDone / bytesTotal : filesTotal > 0 ? filesDone / filesTotal : 0;
}

function amounts(upload: IUpload, trans: TranslationBundle): string {
  const { filesDone, filesTotal, bytesDone, bytesTotal } = upload;
  return join(
    trans._n('%2 of %3 file', '%2 of %3 files', filesTotal, count(filesDone), count(filesTotal)),
    part(bytesDone, bytesTotal, trans)
  );
}

/** `3.2 of 10 GB`; the unit of the first only when it is another one. */
export function part(done: number, total: number, trans: TranslationBundle): string {
  const [number, unit] = bytes(done).split(' ');
  const whole = bytes(total);
  return trans.__('%1 of %2', whole.endsWith(` ${unit}`) ? number : bytes(done), whole);
}

function join(...parts: string[]): string {
  return parts.filter(Boolean).join(' · ');
}
