/** What can be done with a version: the entries of its menu. */

import type { Version } from '../../api/types';
import type { IGradientData, IPageState } from '../../tokens';
import { CommandIDs } from '../../tokens';
import { save } from '../save';
import type { MenuEntry } from './menu';
import { moveTag } from './tagActions';
import { isCommitted, parentOf, refOf } from './timeline';

export interface ITagPlace {
  name: string;
  version: string;
}

interface IActions {
  app: IGradientData;
  version: Version;
  /** All tags of the dataset, and where they point to. */
  tags: readonly ITagPlace[];
  onState: (change: Partial<IPageState>) => void;
  onEdit: () => void;
  onDeleted: () => void;
}

export function menuOf(actions: IActions): MenuEntry[] {
  const groups = [viewing(actions), making(actions), tagging(actions), removing(actions)];
  return groups
    .filter(group => group.length > 0)
    .flatMap((group, at) => (at === 0 ? group : ['separator' as const, ...group]));
}

function viewing({ app, version, onState }: IActions): MenuEntry[] {
  const { trans, client } = app;
  const { version: id } = version;
  const parent = parentOf(version);
  const entries: MenuEntry[] = [
    { label: trans.__('Files'), run: () => onState({ tab: 'files', version: id, path: '' }) }
  ];
  if (parent !== null) {
    entries.push({
      label: trans.__('Compare with %1, its parent', parent),
      run: () => onState({ tab: 'compare', version: id, old: parent })
    });
  }
  entries.push({
    label: trans.__('Compare with…'),
    run: () => onState({ tab: 'compare', version: id, old: undefined })
  });
  if (isCommitted(version)) {
    const mount = (writable: boolean) => () =>
      void app.commands.execute(CommandIDs.mount, { ...refOf(version), writable });
    entries.push(
      { label: trans.__('Use It'), run: () => onState({ tab: 'use', version: id }) },
      { label: trans.__('Mount'), run: mount(false) },
      { label: trans.__('Mount Writable…'), run: mount(true) }
    );
  }
  entries.push({
    label: trans.__('Download as ZIP'),
    run: () => save(client.archiveUrl(refOf(version)))
  });
  return entries;
}

function making({ app, version, onEdit }: IActions): MenuEntry[] {
  const { trans } = app;
  const { dataset, version: id } = version;
  const entries: MenuEntry[] = [{ label: trans.__('Edit Message…'), run: onEdit }];
  entries.push(
    isCommitted(version)
      ? {
          label: trans.__('New Version from It…'),
          run: () => void app.commands.execute(CommandIDs.newVersion, { dataset, from: id })
        }
      : {
          label: trans.__('Commit…'),
          run: () => void app.commands.execute(CommandIDs.commit, { dataset, version: id })
        }
  );
  return entries;
}

function tagging({ app, version, tags }: IActions): MenuEntry[] {
  if (!isCommitted(version)) {
    return [];
  }
  const { trans } = app;
  const { dataset, version: id } = version;
  const others = tags.filter(tag => tag.version !== id);
  const entries: MenuEntry[] = [
    {
      label: trans.__('Add Tag…'),
      run: () => void app.commands.execute(CommandIDs.newTag, { dataset, version: id })
    }
  ];
  if (others.length > 0) {
    entries.push({
      label: trans.__('Move Tag Here'),
      items: others.map(({ name, version: from }) => ({
        label: trans.__('%1, now at %2', name, from),
        run: () => void moveTag(app, { dataset, version: from }, refOf(version), name)
      }))
    });
  }
  return entries;
}

function removing({ app, version, onDeleted }: IActions): MenuEntry[] {
  const { dataset, version: id } = version;
  const remove = async (): Promise<void> => {
    if (await app.commands.execute(CommandIDs.deleteVersion, { dataset, version: id })) {
      onDeleted();
    }
  };
  return [{ label: app.trans.__('Move to Trash…'), run: () => void remove() }];
}
