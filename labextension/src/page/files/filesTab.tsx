/** The files of a version. */

import React from 'react';
import { Loaded } from '../../components/states';
import type { ITab } from '../page';
import { useShownVersion } from '../shownVersion';
import { MissingVersion, NoVersions } from './empty';
import { FilesDrop } from './filesDrop';
import { VersionBar } from './versionBar';
import { VersionFiles } from './versionFiles';

export function FilesTab({ dataset, state, onState }: ITab): JSX.Element {
  const shown = useShownVersion(dataset, state.version);
  const folder = state.path ?? '';
  const onVersion = (version: string | undefined): void => onState({ version, path: folder });
  return (
    <div className="gd-Files">
      <Loaded live={shown.live} rows={8}>
        {versions =>
          versions.length === 0 && !state.version ? (
            <FilesDrop dataset={dataset} version={null} folder="" onVersion={onVersion}>
              <NoVersions dataset={dataset} onMade={version => onState({ version, path: '' })} />
            </FilesDrop>
          ) : (
            <>
              <VersionBar shown={shown} folder={folder} onVersion={onVersion} />
              {shown.version ? (
                <VersionFiles
                  key={shown.version.version}
                  dataset={dataset}
                  version={shown.version}
                  folder={folder}
                  onFolder={path => onState({ path })}
                  onVersion={onVersion}
                />
              ) : (
                <MissingVersion shown={shown} onLatest={() => onVersion(undefined)} />
              )}
            </>
          )
        }
      </Loaded>
    </div>
  );
}
