/** Public datasets: folders that whoever runs the server has put there for all. */

import { folderIcon } from '@jupyterlab/ui-components';
import React from 'react';
import { Loaded } from '../components/states';
import { useApp } from '../context';
import { usePublic } from '../data/live';
import { CommandIDs } from '../tokens';

export function PublicSection(): JSX.Element {
  const { commands, trans } = useApp();
  return (
    <Loaded live={usePublic()} rows={2}>
      {names =>
        names.length > 0 ? (
          <ul className="gd-Places" aria-label={trans.__('Public datasets')}>
            {names.map(name => (
              <li key={name} className="gd-Row">
                <button
                  type="button"
                  className="gd-Row-main"
                  title={trans.__('Open %1 in a file browser', name)}
                  onClick={() =>
                    void commands.execute(CommandIDs.browseStorage, { path: `public/${name}` })
                  }
                >
                  <folderIcon.react tag="span" className="gd-Row-icon" aria-hidden="true" />
                  <span className="gd-Row-name">{name}</span>
                </button>
              </li>
            ))}
          </ul>
        ) : (
          <p className="gd-Section-note">
            {trans.__(
              'None here. Public datasets are folders that everybody can read; whoever runs this server puts them into “public” in its state directory.'
            )}
          </p>
        )
      }
    </Loaded>
  );
}
