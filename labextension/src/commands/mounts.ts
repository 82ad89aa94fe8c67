/** Commands about what is mounted, and about outputs. */

import { Clipboard, Notification } from '@jupyterlab/apputils';
import { copyIcon } from '@jupyterlab/ui-components';
import { ApiError } from '../api/request';
import type { Mount, Output } from '../api/types';
import { findKernelPath, type IPlace } from '../data/paths';
import { mountIcon, outputIcon } from '../icons';
import { CommandIDs } from '../tokens';
import {
  commitMount,
  commitOutput,
  discardChanges,
  mountVersion,
  unmount,
  updateMount
} from './mounting';
import { add, datasetOf, row, text, type Args, type IScope } from './registry';

export function addMountCommands(scope: IScope): void {
  const { app } = scope;
  const { client, commands, trans } = app;
  const { volumes } = client;

  /** The mount a command is about: given, or of the row, or asked for. Null when the user cancelled. */
  const mountOf = async (
    args: Args,
    title: string,
    isWanted: (mount: Mount) => boolean = () => true
  ): Promise<string | null> => {
    const known = text(args, 'mount') ?? row(scope, args).mount;
    if (known !== undefined) {
      return known;
    }
    const { pickName } = await import('../dialogs/pickName');
    const mounts = (await volumes.listMounts()).filter(isWanted);
    return pickName(app, {
      title,
      label: trans.__('Mounted as'),
      options: mounts.map(({ name, path }) => ({ value: name, label: path })),
      none: [trans.__('There is no such mount.'), trans.__('Mount a dataset first.')]
    });
  };
  const isWritable = (args: Args): boolean => row(scope, args).writable !== 'false';
  const isMounted = (args: Args): boolean => (row(scope, args).state ?? 'mounted') === 'mounted';

  add(scope, CommandIDs.mount, {
    label: ({ inContext, writable }) => {
      if (!inContext) {
        return trans.__('Mount Dataset…');
      }
      return writable ? trans.__('Mount Writable…') : trans.__('Mount');
    },
    caption: trans.__('Make a version of a dataset appear in /inputs of all kernels'),
    icon: ({ inContext }) => (inContext ? undefined : mountIcon),
    args: ['dataset', 'version', 'writable', 'inContext'],
    isEnabled: args => row(scope, args).latest !== '',
    execute: async args => {
      const dataset = await datasetOf(scope, args, trans.__('Mount a Dataset'));
      if (dataset !== null) {
        const isGiven = args.inContext === true || text(args, 'dataset') !== undefined;
        await mountVersion(app, {
          dataset,
          version: text(args, 'version'),
          isWritable: args.writable === true,
          ask: !isGiven || args.writable === true
        });
      }
    }
  });

  add(scope, CommandIDs.openMount, {
    label: trans.__('Show Files'),
    caption: trans.__('Open the page of the version that is mounted'),
    args: ['mount', 'inContext'],
    isInPalette: false,
    isEnabled: args => row(scope, args).version !== '',
    execute: async args => {
      const name = await mountOf(args, trans.__('Show the Files of a Mount'));
      const { dataset, version } = name === null ? NOTHING : await volumes.getMount(name);
      if (dataset !== null && version !== null) {
        await commands.execute(CommandIDs.open, { dataset, version, tab: 'files' });
      }
    }
  });

  add(scope, CommandIDs.updateMount, {
    label: ({ inContext }) =>
      inContext ? trans.__('Update') : trans.__('Update Mount to Newest Version'),
    caption: trans.__('Mount the newest version in the place of the one that is mounted'),
    args: ['mount', 'inContext'],
    isEnabled: args => row(scope, args).newer !== '',
    execute: async args => {
      const name = await mountOf(args, trans.__('Update a Mount'), ({ newer }) => newer !== null);
      if (name !== null) {
        await updateMount(app, name);
      }
    }
  });

  add(scope, CommandIDs.commitMount, {
    label: ({ inContext }) =>
      inContext ? trans.__('Commit…') : trans.__('Commit Writable Mount…'),
    caption: trans.__('Make a new version of what was changed in a writable mount'),
    args: ['mount', 'inContext'],
    isEnabled: args => isWritable(args) && isMounted(args),
    execute: async args => {
      const title = trans.__('Commit a Writable Mount');
      const name = await mountOf(args, title, mount => mount.is_writable);
      if (name !== null) {
        await commitMount(app, name);
      }
    }
  });

  add(scope, CommandIDs.discardMount, {
    label: ({ inContext }) =>
      inContext ? trans.__('Discard Changes…') : trans.__('Discard Changes of Writable Mount…'),
    caption: trans.__('Throw away what was changed in a writable mount'),
    args: ['mount', 'inContext'],
    isEnabled: args => isWritable(args) && isMounted(args),
    execute: async args => {
      const title = trans.__('Discard Changes of a Writable Mount');
      const name = await mountOf(args, title, mount => mount.is_writable);
      return name !== null && discardChanges(app, name);
    }
  });

  add(scope, CommandIDs.unmount, {
    label: ({ inContext }) => (inContext ? trans.__('Unmount') : trans.__('Unmount…')),
    caption: trans.__('Take a mount away from /inputs; the dataset stays'),
    args: ['mount', 'inContext'],
    execute: async args => {
      const name = await mountOf(args, trans.__('Unmount'));
      return name !== null && unmount(app, name);
    }
  });

  /** The path of the row's mount, output or public dataset, as kernels have it. */
  const pathOf = async (args: Args): Promise<string> => {
    const given = text(args, 'path');
    if (given !== undefined) {
      return given;
    }
    const { mount, output, public: name } = row(scope, args);
    let place: IPlace | undefined;
    if (output !== undefined) {
      place = (await volumes.listOutputs()).find(one => one.name === output);
    } else if (name !== undefined) {
      place = await volumes.getPublic(name);
    } else {
      const chosen = mount ?? (await mountOf(args, trans.__('Path of a Mount')));
      place = chosen === null ? undefined : await volumes.getMount(chosen);
    }
    return place === undefined ? '' : findKernelPath(client, place);
  };

  add(scope, CommandIDs.copyPath, {
    label: ({ inContext }) => (inContext ? trans.__('Copy Path') : trans.__('Copy Path of Mount')),
    caption: trans.__('Copy where kernels find the files'),
    icon: copyIcon,
    args: ['path', 'inContext'],
    execute: async args => {
      const path = await pathOf(args);
      if (path) {
        Clipboard.copyToSystem(path);
        Notification.info(trans.__('Copied %1', path), { autoClose: 3000 });
      }
    }
  });

  add(scope, CommandIDs.insertPathOf, {
    label: ({ inContext }) =>
      inContext
        ? trans.__('Insert Path into Notebook')
        : trans.__('Insert Path of Mount into Notebook'),
    caption: trans.__('Write where the files are into the active cell of the notebook'),
    args: ['inContext'],
    isEnabled: () =>
      commands.hasCommand(CommandIDs.insertPath) && commands.isEnabled(CommandIDs.insertPath),
    execute: async args => {
      const path = await pathOf(args);
      if (path) {
        await commands.execute(CommandIDs.insertPath, { path });
      }
    }
  });

  addOutputCommands(scope);
}

const NOTHING = { dataset: null, version: null };

function addOutputCommands(scope: IScope): void {
  const { app } = scope;
  const { client, trans } = app;

  /** The output a command is about: given, or of the row, or asked for. Null when the user cancelled. */
  const outputOf = async (args: Args, title: string): Promise<Output | null> => {
    const outputs = await client.volumes.listOutputs();
    let name: string | null = text(args, 'output') ?? row(scope, args).output ?? null;
    if (name === null) {
      const { pickName } = await import('../dialogs/pickName');
      name = await pickName(app, {
        title,
        label: trans.__('Output'),
        options: outputs.map(one => ({ value: one.name, label: one.path })),
        none: [trans.__('There are no outputs.'), trans.__('Make a new output first.')]
      });
    }
    const found = outputs.find(one => one.name === name);
    if (name !== null && found === undefined) {
      const message = trans.__('There is no output “%1” any more.', name);
      throw new ApiError('output_not_found', message, '', 404);
    }
    return found ?? null;
  };

  add(scope, CommandIDs.newOutput, {
    label: ({ inContext }) =>
      inContext ? trans.__('New Output for It…') : trans.__('New Output…'),
    caption: trans.__('Make a folder in /outputs whose files become a version of a dataset'),
    icon: ({ inContext }) => (inContext ? undefined : outputIcon),
    args: ['dataset', 'inContext'],
    execute: async args => {
      const id = text(args, 'dataset') ?? row(scope, args).dataset;
      const { newOutput } = await import('../dialogs/newOutput');
      const made = await newOutput(app, id && (await client.getDataset(id)).name);
      if (made !== null) {
        const path = await findKernelPath(client, made);
        Notification.success(
          trans.__('Write files into %1, then commit them from the side bar.', path),
          {
            autoClose: 8000,
            actions: [
              { label: trans.__('Copy Path'), callback: () => Clipboard.copyToSystem(path) }
            ]
          }
        );
      }
      return made;
    }
  });

  add(scope, CommandIDs.commitOutput, {
    label: ({ inContext }) => (inContext ? trans.__('Commit…') : trans.__('Commit Output…')),
    caption: trans.__('Make a new version of the files in an output'),
    args: ['output', 'inContext'],
    execute: async args => {
      const output = await outputOf(args, trans.__('Commit an Output'));
      if (output !== null) {
        await commitOutput(app, output);
      }
    }
  });

  add(scope, CommandIDs.deleteOutput, {
    label: ({ inContext }) => (inContext ? trans.__('Delete…') : trans.__('Delete Output…')),
    caption: trans.__('Delete an output with the files in it; versions that were made of it stay'),
    args: ['output', 'inContext'],
    execute: async args => {
      const output = await outputOf(args, trans.__('Delete an Output'));
      if (output === null) {
        return false;
      }
      const { confirm } = await import('../dialogs/confirm');
      return confirm(app, {
        title: trans.__('Delete %1?', output.path),
        accept: trans.__('Delete'),
        words: [
          trans.__('The folder and all files in it are gone for good.'),
          trans.__('Versions that were committed from it stay.')
        ],
        submit: () => client.volumes.deleteOutput(output.name)
      });
    }
  });
}
