/** Uploads of this tab into a version that is to be committed. */

import type { IVersionRef } from '../api/client';
import { ApiError } from '../api/request';
import type { IGradientData } from '../tokens';
import type { IUpload, UploadState } from '../uploads/tokens';
import type { ISubmission } from './formDialog';

const UNDER_WAY: readonly UploadState[] = ['scanning', 'running'];
const HELD_UP: readonly UploadState[] = ['paused', 'waiting'];

/** The uploads into a version. */
export function uploadsInto({ uploads }: IGradientData, ref: IVersionRef): readonly IUpload[] {
  return uploads.all.filter(
    upload => upload.ref.dataset === ref.dataset && upload.ref.version === ref.version
  );
}

export function isUnderWay({ state }: IUpload): boolean {
  return UNDER_WAY.includes(state);
}

/**
 * Wait until no upload into a version is under way.
 *
 * @throws ApiError - One of them stands still, or failed: somebody has to say what shall become of it.
 */
export async function uploadsEnd(
  app: IGradientData,
  ref: IVersionRef,
  submission: ISubmission
): Promise<void> {
  const { uploads } = app;
  await new Promise<void>((resolve, reject) => {
    const end = (how: () => void): void => {
      uploads.changed.disconnect(look);
      how();
    };
    const look = (): void => {
      const mine = uploadsInto(app, ref);
      const problem = problemOf(mine, app);
      if (submission.signal.aborted) {
        end(() => reject(submission.signal.reason));
      } else if (problem) {
        end(() => reject(problem));
      } else if (mine.some(isUnderWay)) {
        submission.say(waiting(mine.filter(isUnderWay), app));
      } else {
        end(resolve);
      }
    };
    uploads.changed.connect(look);
    submission.signal.addEventListener('abort', look, { once: true });
    look();
  });
  await uploads.settled(ref);
}

function problemOf(mine: readonly IUpload[], { trans }: IGradientData): ApiError | null {
  const held = mine.find(({ state }) => HELD_UP.includes(state));
  if (held) {
    const message = trans.__('The upload of %1 into this version stands still.', held.title);
    return new ApiError('upload_held', message, trans.__('Resume or cancel it, then commit.'), 0);
  }
  const failed = mine.find(({ state }) => state === 'failed');
  if (failed) {
    const message = trans.__('Some files of the upload of %1 did not arrive.', failed.title);
    const hint = trans.__('Try them again, or dismiss the upload to commit without them.');
    return new ApiError('upload_failed', message, hint, 0);
  }
  return null;
}

function waiting(
  running: readonly IUpload[],
  { trans }: IGradientData
): { words: string; done: number | null } {
  const sum = (key: 'bytesDone' | 'bytesTotal'): number =>
    running.reduce((total, upload) => total + upload[key], 0);
  const isKnown = running.every(({ state }) => state === 'running') && sum('bytesTotal') > 0;
  return {
    words: trans.__('Waiting for the upload to finish…'),
    done: isKnown ? sum('bytesDone') / sum('bytesTotal') : null
  };
}
