/** Files that the Jupyter server has, put into a version without a way through the browser. */

import type { IVersionRef } from '../api/client';
import { doing, type IOutcome } from '../commands/notify';
import type { ISubmission } from '../dialogs/formDialog';
import { follow } from '../dialogs/progress';
import { files } from '../format';
import { CommandIDs, type IGradientData } from '../tokens';

/** Drives whose files are those of the server: the default one, and that of real-time collaboration. */
const DISKS = ['', 'RTC'];

/** Where files go. */
export interface ITarget extends IVersionRef {
  /** Name of the dataset. */
  name: string;
  /** Empty, or ending with `/`. */
  folder: string;
}

/** What the server says it has put. */
interface IPutResult {
  files: number;
}

/** Whether the server can take what JupyterLab knows by this path. */
export function isOnDisk({ contents }: IGradientData, path: string): boolean {
  return DISKS.includes(contents.driveName(path));
}

/** Put files and folders, by JupyterLab's paths, into a version; a notification tells of it. */
export function putContents(
  app: IGradientData,
  paths: readonly string[],
  target: ITarget
): Promise<void> {
  const { contents, trans } = app;
  const local = paths.map(path => contents.localPath(path));
  return doing(app, trans.__('Adding to “%1”…', target.name), submission =>
    put(app, local, target, submission)
  );
}

async function put(
  app: IGradientData,
  paths: readonly string[],
  target: ITarget,
  submission: ISubmission
): Promise<IOutcome> {
  const { client, commands, trans } = app;
  const { dataset, version, name, folder } = target;
  const task = await client.putFromServer(target, paths, folder || '/');
  const words = trans.__('Adding to “%1”:', name);
  const result = await follow<IPutResult>(app, task, words, submission);
  return {
    type: 'success',
    message: trans.__('Added %1 to version %2 of “%3”.', files(result.files, trans), version, name),
    actions: [
      {
        label: trans.__('Commit…'),
        callback: () => void commands.execute(CommandIDs.commit, { dataset, version })
      },
      {
        label: trans.__('Open'),
        callback: () => void commands.execute(CommandIDs.open, { dataset, version, tab: 'files' })
      }
    ]
  };
}
