/** Takes what is dropped on the files of a dataset: into the version that is shown, or into one that takes files. */

import React, { type ReactNode } from 'react';
import type { Dataset, Version } from '../../api/types';
import { addChosen, addContents } from '../../commands/adding';
import { tellError } from '../../commands/notify';
import { useApp } from '../../context';
import { DropZone } from '../../uploads/dropZone';

export function FilesDrop(props: {
  dataset: Dataset;
  /** What is shown; null when the dataset has no version yet. */
  version: Version | null;
  /** Folder in the version: empty, or ending with `/`. */
  folder: string;
  /** The files go to another version than the one that is shown. */
  onVersion: (version: string) => void;
  children: ReactNode;
}): JSX.Element {
  const app = useApp();
  const { dataset, version, folder } = props;
  const shown = version?.state === 'uncommitted' ? version.version : undefined;
  const words = shown
    ? app.trans.__('Drop to add to %1', folder.replace(/\/$/, '') || dataset.name)
    : version
      ? app.trans.__('Drop to add to an uncommitted version of %1', dataset.name)
      : app.trans.__('Drop to make a first version of %1', dataset.name);
  const add = (adding: Promise<string | null>): void => {
    adding.then(taken => taken && taken !== shown && props.onVersion(taken)).catch(tellError);
  };
  return (
    <DropZone
      target={{
        onFiles: chosen => add(addChosen(app, dataset.id, chosen, shown, folder)),
        onContents: paths => add(addContents(app, dataset.id, paths, shown, folder))
      }}
      words={words}
    >
      {props.children}
    </DropZone>
  );
}
