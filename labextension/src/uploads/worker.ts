/** The worker: takes jobs of `HashingPool`, one message each, and answers with what it was asked for. */

import { hashBytes, hashLarge, readFiles } from './hashing';
import type { Answer, Job } from './hashingPool';

const stopped = new Set<number>();

function answer(message: Answer, transfer: Transferable[] = []): void {
  self.postMessage(message, { transfer });
}

async function work(job: Exclude<Job, { kind: 'stop' }>): Promise<void> {
  const { id } = job;
  switch (job.kind) {
    case 'files': {
      const value = await readFiles(job.blob, job.sizes);
      return answer({ id, value }, [value.contents.buffer, value.hashes.buffer]);
    }
    case 'large': {
      const onProgress = (progress: number): void => answer({ id, progress });
      const value = await hashLarge(job.file, onProgress, () => stopped.delete(id));
      return answer({ id, value });
    }
    case 'bytes':
      return answer({ id, value: await hashBytes(job.data) });
  }
}

self.onmessage = ({ data }: MessageEvent<Job>): void => {
  if (data.kind === 'stop') {
    stopped.add(data.id);
  } else {
    work(data).catch((error: unknown) => answer({ id: data.id, error }));
  }
};
