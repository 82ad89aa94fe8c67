/** Which version's files are shown, and what can be done with it. */

import { downloadIcon, fileUploadIcon, newFolderIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { Version } from '../../api/types';
import { Button } from '../../components/buttons';
import { Ago, Badge } from '../../components/small';
import { useApp, useTrans } from '../../context';
import { bytes, files } from '../../format';
import { versionIcon } from '../../icons';
import { CommandIDs } from '../../tokens';
import { save } from '../save';
import { latestOf, type IShownVersion } from '../shownVersion';
import { VersionPicker } from '../versionPicker';
import { downloadUrl } from './open';

export function VersionBar(props: {
  shown: IShownVersion;
  folder: string;
  onVersion: (version: string) => void;
}): JSX.Element {
  const { shown, folder, onVersion } = props;
  const app = useApp();
  const { trans } = app;
  const { version } = shown;
  const versions = shown.live.data ?? [];
  const begin = async ({ dataset, version: from }: Version): Promise<void> => {
    const args = { dataset, from };
    const made: Version | null = await app.commands.execute(CommandIDs.newVersion, args);
    if (made) {
      onVersion(made.version);
    }
  };
  const download = ({ dataset, version: id }: Version): void => {
    const url = downloadUrl(app, { dataset, version: id }, []);
    if (url !== null) {
      save(url);
    }
  };
  return (
    <div className="gd-VersionBar">
      <VersionPicker versions={versions} value={shown.value} onChange={onVersion} />
      {version && <State version={version} isLatest={version === latestOf(versions)} />}
      <div className="gd-Files-buttons">
        {version?.state === 'uncommitted' && <AddButtons version={version} folder={folder} />}
        {version?.state === 'committed' && (
          <Button icon={versionIcon} onClick={() => void begin(version)}>
            {trans.__('New version from this')}
          </Button>
        )}
        {version && (
          <Button icon={downloadIcon} onClick={() => download(version)}>
            {trans.__('Download version')}
          </Button>
        )}
      </div>
    </div>
  );
}

/** Buttons that choose files for an uncommitted version. */
function AddButtons(props: { version: Version; folder: string }): JSX.Element {
  const { version, folder } = props;
  const { commands, trans } = useApp();
  const args = { dataset: version.dataset, version: version.version, path: folder };
  return (
    <>
      <Button
        icon={fileUploadIcon}
        onClick={() => void commands.execute(CommandIDs.addFiles, args)}
      >
        {trans.__('Add files')}
      </Button>
      <Button
        icon={newFolderIcon}
        onClick={() => void commands.execute(CommandIDs.addFolder, args)}
      >
        {trans.__('Add folder')}
      </Button>
    </>
  );
}

function State({ version, isLatest }: { version: Version; isLatest: boolean }): JSX.Element {
  const trans = useTrans();
  const { state, tags, created, committed } = version;
  return (
    <span className="gd-VersionBar-state">
      {state === 'uncommitted' && <Badge kind="warning">{trans.__('Uncommitted')}</Badge>}
      {state === 'committing' && <Badge kind="warning">{trans.__('Committing…')}</Badge>}
      {isLatest && <Badge kind="latest">{trans.__('latest')}</Badge>}
      {tags.map(tag => (
        <Badge key={tag} kind="tag">
          {tag}
        </Badge>
      ))}
      {version.files !== null && (
        <span>{trans.__('%1, %2', files(version.files, trans), bytes(version.bytes ?? 0))}</span>
      )}
      <Ago time={committed ?? created} />
    </span>
  );
}
