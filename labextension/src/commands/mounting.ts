/** Mounting, and all that becomes of a mount. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import type { Mount, Output, TaskInfo, Version } from '../api/types';
import { ApiError } from '../api/request';
import { findKernelPath } from '../data/paths';
import type { ISubmission } from '../dialogs/formDialog';
import { folderName } from '../dialogs/names';
import { follow } from '../dialogs/progress';
import { CommandIDs, type IGradientData } from '../tokens';
import { doing, tellError, type IOutcome } from './notify';

/** What the server says while a writable mount has changes. */
const CHANGED = 'mount_changed';

export interface IWanted {
  dataset: string;
  /** Id, tag or `latest`; asked for when it is not given and `ask` is set. */
  version?: string;
  isWritable?: boolean;
  /** Ask for all there is to say, even where it is clear. */
  ask?: boolean;
}

/** Mount a version at once, or after a question where something is not clear. */
export async function mountVersion(app: IGradientData, wanted: IWanted): Promise<void> {
  const { client, trans } = app;
  const { ask = false, isWritable = false } = wanted;
  const selector = wanted.version ?? 'latest';
  const [dataset, version, mounts] = await Promise.all([
    client.getDataset(wanted.dataset),
    client.getVersion({ dataset: wanted.dataset, version: selector }),
    client.volumes.listMounts()
  ]);
  const name = folderName(dataset.name);
  const existing = mounts.find(mount => mount.name === name) ?? null;
  const begin = (): Promise<TaskInfo> =>
    client.volumes.mount(`${dataset.id}:${selector}`, { writable: isWritable });
  if (existing && isSame(existing, version) && existing.is_writable === isWritable && !ask) {
    if (existing.state === 'failed') {
      await updateMount(app, existing.name);
      return;
    }
    const words = trans.__('“%1” is mounted already, at %2.', dataset.name, existing.path);
    Notification.info(words, { autoClose: 4000 });
    return;
  }
  if (existing === null && name !== '' && !isWritable && !ask) {
    await track(app, begin, dataset.name);
    return;
  }
  const { askMount } = await import('../dialogs/mount');
  const isOpen = ask && wanted.version === undefined;
  const versions = isOpen ? await committedOf(app, wanted.dataset) : [version];
  const isLatest = selector === 'latest';
  const task = await askMount(app, { dataset, versions, isLatest, isWritable, existing });
  if (task !== null) {
    await track(app, async () => task, dataset.name);
  }
}

function isSame({ dataset, version }: Mount, wanted: Version): boolean {
  return dataset === wanted.dataset && version === wanted.version;
}

async function committedOf({ client }: IGradientData, dataset: string): Promise<Version[]> {
  return (await client.listVersions(dataset)).filter(({ state }) => state === 'committed');
}

/** Mount the newest version in its place; one that failed is tried again. */
export function updateMount(app: IGradientData, name: string): Promise<void> {
  return track(app, () => app.client.volumes.updateMount(name), name);
}

/** Tell how far a mount is, and where its files are. */
function track(app: IGradientData, begin: () => Promise<TaskInfo>, what: string): Promise<void> {
  const { client, trans } = app;
  const words = trans.__('Mounting “%1”', what);
  return doing(app, `${words}…`, async submission => {
    const mount = await follow<Mount>(app, await begin(), `${words}:`, submission);
    const path = await findKernelPath(client, mount);
    return {
      type: 'success',
      message: trans.__('Version %1 of “%2” is at %3.', mount.version ?? '–', what, path),
      actions: pathActions(app, path)
    };
  });
}

/** What one wants with a path next. */
function pathActions({ commands, trans }: IGradientData, path: string): Notification.IAction[] {
  const copy = { label: trans.__('Copy Path'), callback: () => Clipboard.copyToSystem(path) };
  const insert = {
    label: trans.__('Insert into Notebook'),
    callback: () => void commands.execute(CommandIDs.insertPath, { path })
  };
  const canInsert =
    commands.hasCommand(CommandIDs.insertPath) && commands.isEnabled(CommandIDs.insertPath);
  return canInsert ? [copy, insert] : [copy];
}

/** Unmount; asks only where something would be lost. Resolves to whether it is gone. */
export async function unmount(app: IGradientData, name: string): Promise<boolean> {
  const { client, trans } = app;
  const mount = await client.volumes.getMount(name);
  if (isBucket(mount) && mount.state === 'mounted') {
    const { confirm } = await import('../dialogs/confirm');
    return confirm(app, {
      title: trans.__('Unmount %1?', mount.path),
      accept: trans.__('Unmount'),
      words: [trans.__('To mount this bucket again, it has to be written into settings.yaml.')],
      submit: () => client.volumes.unmount(name)
    });
  }
  try {
    await client.volumes.unmount(name);
  } catch (reason) {
    const error = ApiError.of(reason);
    if (error.code !== CHANGED) {
      throw error;
    }
    return discardAndUnmount(app, mount);
  }
  Notification.info(trans.__('Unmounted %1.', mount.path), {
    autoClose: 8000,
    actions:
      isBucket(mount) || mount.state !== 'mounted'
        ? []
        : [{ label: trans.__('Undo'), callback: () => void mountAgain(app, mount) }]
  });
  return true;
}

/** Rather than a dataset, also a public one: its keys are gone with its entry. */
function isBucket({ dataset, reference }: Mount): boolean {
  return dataset === null && reference.includes('://');
}

async function discardAndUnmount(app: IGradientData, mount: Mount): Promise<boolean> {
  const { client, trans } = app;
  const { confirm } = await import('../dialogs/confirm');
  return confirm(app, {
    title: trans.__('Unmount %1 and Discard Its Changes?', mount.path),
    accept: trans.__('Discard and Unmount'),
    words: [
      trans.__('Files in it were changed and not committed. These changes will be gone.'),
      trans.__('To keep them, cancel this and commit.')
    ],
    submit: () => client.volumes.unmount(mount.name, true)
  });
}

/** As it was, also when there is a newer version by now. */
async function mountAgain(app: IGradientData, mount: Mount): Promise<void> {
  const { client } = app;
  const { dataset, is_writable: writable, name, newer, reference, version } = mount;
  const wanted = newer === null || dataset === null ? reference : `${dataset}:${version ?? ''}`;
  await track(app, () => client.volumes.mount(wanted, { name, writable }), name).catch(tellError);
}

/** Throw away what was changed in a writable mount. */
export async function discardChanges(app: IGradientData, name: string): Promise<boolean> {
  const { client, trans } = app;
  const { path, version } = await client.volumes.getMount(name);
  const { confirm } = await import('../dialogs/confirm');
  return confirm(app, {
    title: trans.__('Discard Changes in %1?', path),
    accept: trans.__('Discard Changes'),
    words: [
      trans.__(
        'Its files will be those of version %1 again. What was changed is gone.',
        version ?? ''
      )
    ],
    submit: () => client.volumes.discardChanges(name)
  });
}

/** Make a version of what was changed in a writable mount. */
export async function commitMount(app: IGradientData, name: string): Promise<void> {
  const { client, trans } = app;
  const mount = await client.volumes.getMount(name);
  const { commitFolder } = await import('../dialogs/commitFolder');
  const version = await commitFolder(app, {
    path: mount.path,
    dataset: mount.dataset,
    about: trans.__(
      'Makes a new version of “%1”: version %2 with what was changed, added and deleted here.',
      mount.dataset_name ?? name,
      mount.version ?? ''
    ),
    begin: commit => client.volumes.commitMount(name, commit)
  });
  tellCommitted(app, mount.dataset_name ?? name, version);
}

/** Make a version of all that is in an output. */
export async function commitOutput(app: IGradientData, output: Output): Promise<void> {
  const { client, trans } = app;
  const { commitFolder } = await import('../dialogs/commitFolder');
  const version = await commitFolder(app, {
    path: output.path,
    dataset: output.dataset,
    about: trans.__(
      'Makes a new version of “%1” with exactly the files that are in the folder now.',
      output.dataset_name
    ),
    begin: commit => client.volumes.commitOutput(output.name, commit)
  });
  tellCommitted(app, output.dataset_name, version);
}

function tellCommitted(
  { commands, trans }: IGradientData,
  name: string,
  version: Version | null
): void {
  if (version === null) {
    return;
  }
  const args = { dataset: version.dataset, version: version.version, tab: 'files' };
  Notification.success(trans.__('Committed version %1 of “%2”.', version.version, name), {
    autoClose: 8000,
    actions: [
      { label: trans.__('Open'), callback: () => void commands.execute(CommandIDs.open, args) }
    ]
  });
}

/** Long work on what is no mount: told of by a notification, which may say how it ended. */
export function watching<T>(
  app: IGradientData,
  words: string,
  begin: () => Promise<TaskInfo>,
  end: (result: T) => IOutcome | Promise<IOutcome>
): Promise<void> {
  return doing(app, `${words}…`, async (submission: ISubmission) =>
    end(await follow<T>(app, await begin(), `${words}:`, submission))
  );
}
