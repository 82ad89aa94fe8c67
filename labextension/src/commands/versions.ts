/** Commands about one version of a dataset. */

import { checkIcon } from '@jupyterlab/ui-components';
import type { Version } from '../api/types';
import { versionIcon } from '../icons';
import { CommandIDs } from '../tokens';
import { add, datasetOf, text, type Args, type IScope } from './registry';

const isUncommitted = ({ state }: Version): boolean => state !== 'committed';

export function addVersionCommands(scope: IScope): void {
  const { app } = scope;
  const { client, commands, trans } = app;

  /** The version a command is about: given, or asked for. Null when the user cancelled. */
  const versionOf = async (
    args: Args,
    title: string,
    isWanted: (version: Version) => boolean
  ): Promise<{ dataset: string; version: string } | null> => {
    const dataset = await datasetOf(scope, args, title);
    if (dataset === null) {
      return null;
    }
    let version: string | null | undefined = text(args, 'version');
    if (version === undefined) {
      const { pickVersion } = await import('../dialogs/pickVersion');
      version = await pickVersion(app, dataset, title, isWanted);
    }
    return version === null ? null : { dataset, version };
  };

  add(scope, CommandIDs.newVersion, {
    label: trans.__('New Version…'),
    caption: trans.__('Start a version whose files can be changed'),
    icon: versionIcon,
    args: ['dataset', 'from', 'inContext'],
    execute: async args => {
      const dataset = await datasetOf(scope, args, trans.__('New Version of a Dataset'));
      if (dataset === null) {
        return null;
      }
      const { newVersion } = await import('../dialogs/newVersion');
      const made = await newVersion(app, dataset, text(args, 'from'));
      if (made) {
        await commands.execute(CommandIDs.open, { dataset, tab: 'files', version: made.version });
      }
      return made;
    }
  });

  add(scope, CommandIDs.commit, {
    label: trans.__('Commit Version…'),
    caption: trans.__('Make an uncommitted version final'),
    icon: checkIcon,
    args: ['dataset', 'version'],
    execute: async args => {
      const ref = await versionOf(args, trans.__('Commit a Version'), isUncommitted);
      if (ref === null) {
        return null;
      }
      const { commitVersion } = await import('../dialogs/commit');
      return commitVersion(app, ref);
    }
  });

  add(scope, CommandIDs.newTag, {
    label: trans.__('New Tag…'),
    caption: trans.__('Give a committed version a name, or move a tag to it'),
    args: ['dataset', 'version'],
    execute: async args => {
      const title = trans.__('New Tag');
      const dataset = await datasetOf(scope, args, title);
      if (dataset === null) {
        return null;
      }
      const { newTag } = await import('../dialogs/newTag');
      const version = text(args, 'version') ?? 'latest';
      // An error in words when it is not committed, rather than a dialog that can only fail.
      const found = await client.getVersion({ dataset, version });
      return newTag(app, { dataset, version: found.version });
    }
  });

  add(scope, CommandIDs.deleteVersion, {
    label: trans.__('Move Version to Trash…'),
    caption: trans.__('Move one version of a dataset to the trash'),
    args: ['dataset', 'version'],
    execute: async args => {
      const ref = await versionOf(args, trans.__('Move a Version to the Trash'), () => true);
      if (ref === null) {
        return false;
      }
      const { moveToTrash } = await import('../dialogs/trash');
      const { name } = await client.getDataset(ref.dataset);
      return moveToTrash(app, { ...ref, name });
    }
  });
}
