/** What stands where files would be. */

import { fileUploadIcon, folderIcon, searchIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useState } from 'react';
import type { Dataset, Version } from '../../api/types';
import { Button } from '../../components/buttons';
import { EmptyState, Skeleton } from '../../components/states';
import { useApp, useTrans } from '../../context';
import { datasetsIcon, versionIcon } from '../../icons';
import { CommandIDs } from '../../tokens';
import type { IShownVersion } from '../shownVersion';

export function NoVersions(props: {
  dataset: Dataset;
  onMade: (version: string) => void;
}): JSX.Element {
  const { commands, trans } = useApp();
  const begin = async (): Promise<void> => {
    const args = { dataset: props.dataset.id };
    const made: Version | null = await commands.execute(CommandIDs.newVersion, args);
    if (made) {
      props.onMade(made.version);
    }
  };
  return (
    <EmptyState icon={datasetsIcon} title={trans.__('This dataset has no files yet.')}>
      <p>
        {trans.__(
          'Drop files or a folder here: they make its first version, which you commit when it is complete.'
        )}
      </p>
      <Button onClick={() => void begin()}>{trans.__('Start with an empty version')}</Button>
    </EmptyState>
  );
}

/** A version that was there, or never was. */
export function MissingVersion(props: { shown: IShownVersion; onLatest: () => void }): JSX.Element {
  const { live, value } = props.shown;
  const { commands, trans } = useApp();
  const [isSure, setIsSure] = useState(false);
  useEffect(() => {
    // It may be newer than the list of versions.
    setIsSure(false);
    void live.mutate().finally(() => setIsSure(true));
  }, [value]); // eslint-disable-line react-hooks/exhaustive-deps
  if (!isSure) {
    return <Skeleton rows={8} />;
  }
  const title =
    value === 'latest'
      ? trans.__('This dataset has no committed version.')
      : trans.__('There is no version or tag “%1” any more.', value);
  return (
    <EmptyState icon={versionIcon} title={title}>
      <p>{trans.__('Versions that were deleted are in the trash for some time.')}</p>
      <div className="gd-Files-buttons">
        <Button onClick={() => void commands.execute(CommandIDs.openTrash)}>
          {trans.__('Open the trash')}
        </Button>
        <Button onClick={props.onLatest}>{trans.__('Show what is newest')}</Button>
      </div>
    </EmptyState>
  );
}

export function NothingFound(props: { search: string; onClear: () => void }): JSX.Element {
  const trans = useTrans();
  return (
    <EmptyState icon={searchIcon} title={trans.__('No file here matches “%1”.', props.search)}>
      <Button onClick={props.onClear}>{trans.__('Show the whole folder')}</Button>
    </EmptyState>
  );
}

/** A folder, or a whole version, without files. */
export function EmptyFolder(props: { version: Version; folder: string }): JSX.Element {
  const { version, folder } = props;
  const trans = useTrans();
  const isOpen = version.state === 'uncommitted';
  const title = folder
    ? trans.__('Nothing is in this folder.')
    : trans.__('This version has no files.');
  return (
    <EmptyState icon={isOpen ? fileUploadIcon : folderIcon} title={title}>
      {isOpen && (
        <p>
          {trans.__('Drop files or a folder here, or choose them with Add files or Add folder.')}
        </p>
      )}
    </EmptyState>
  );
}
