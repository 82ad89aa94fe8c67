/** How our commands are registered: what they have in common. */

import type { JupyterFrontEnd } from '@jupyterlab/application';
import type { LabIcon } from '@jupyterlab/ui-components';
import type { CommandRegistry } from '@lumino/commands';
import type { ReadonlyJSONObject, ReadonlyPartialJSONObject } from '@lumino/coreutils';
import type { IGradientData } from '../tokens';
import { tellError } from './notify';

export type Args = ReadonlyPartialJSONObject;

/** All arguments that commands of ours take. */
const ARGUMENTS: Record<string, ReadonlyJSONObject> = {
  dataset: { type: 'string', description: 'Id of the dataset; asked for when it is not given' },
  version: { type: 'string', description: 'Version id, tag or latest' },
  old: { type: 'string', description: 'The version to compare with' },
  from: { type: 'string', description: 'The version to start from; the latest when not given' },
  tab: { type: 'string', description: 'files, versions, compare, use or settings' },
  path: { type: 'string', description: 'Folder in the version or on the drive' },
  provider: { type: 'string', description: 'Id of the storage provider' },
  mount: { type: 'string', description: 'Name of the mount; asked for when it is not given' },
  output: { type: 'string', description: 'Name of the output; asked for when it is not given' },
  entry: { type: 'string', description: 'Reference and path of an entry of the lock' },
  public: { type: 'string', description: 'Name of the public dataset' },
  writable: { type: 'boolean', description: 'Whether to mount it so that it takes changes' },
  inContext: {
    type: 'boolean',
    description: 'Whether it is about the row whose context menu is open'
  }
};

/** What a command may use besides its arguments. */
export interface IScope {
  readonly frontEnd: JupyterFrontEnd;
  readonly app: IGradientData;
  /** Commands that were added, for the command palette. */
  readonly added: string[];
}

interface ICommand {
  label: CommandRegistry.CommandFunc<string> | string;
  caption: string;
  icon?: LabIcon | CommandRegistry.CommandFunc<LabIcon | undefined>;
  /** Names of arguments. */
  args?: readonly (keyof typeof ARGUMENTS)[];
  isEnabled?: (args: Args) => boolean;
  isVisible?: (args: Args) => boolean;
  /** Whether it is of use without arguments, so that the command palette has it. */
  isInPalette?: boolean;
  execute: (args: Args) => Promise<unknown> | unknown;
}

/** Add a command; what it throws is told, and it resolves to null then. */
export function add(
  { frontEnd, added }: IScope,
  id: string,
  { args = [], execute, isInPalette = true, ...command }: ICommand
): void {
  const properties = Object.fromEntries(args.map(name => [name, ARGUMENTS[name]]));
  frontEnd.commands.addCommand(id, {
    ...command,
    describedBy: { args: { type: 'object', properties } },
    execute: async given => {
      try {
        return await execute(given);
      } catch (reason) {
        tellError(reason);
        return null;
      }
    }
  });
  if (isInPalette) {
    added.push(id);
  }
}

/** An argument that is a string; undefined when it was not given. */
export function text(args: Args, name: string): string | undefined {
  const value = args[name];
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/** What the row whose context menu was opened says of itself (`data-…`). */
export function row({ frontEnd }: IScope, args: Args): DOMStringMap {
  const isRow = (node: HTMLElement): boolean => node.dataset?.gdRow !== undefined;
  const found = args.inContext ? frontEnd.contextMenuHitTest(isRow) : undefined;
  return found?.dataset ?? {};
}

/** The dataset a command is about: given, or of the row, or asked for. Null when the user cancelled. */
export async function datasetOf(scope: IScope, args: Args, title: string): Promise<string | null> {
  return (
    text(args, 'dataset') ??
    row(scope, args).dataset ??
    (await (await import('../dialogs/pickDataset')).pickDataset(scope.app, title))
  );
}
