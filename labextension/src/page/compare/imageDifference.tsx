/** Two images side by side, with their dimensions. */

import React, { useState } from 'react';
import type { IVersionRef } from '../../api/client';
import { useApp, useTrans } from '../../context';
import { bytes } from '../../format';
import type { IChanged } from './contents';

export function ImageDifference({ changed }: { changed: IChanged }): JSX.Element {
  const { change, old, new: now } = changed;
  return (
    <div className="gd-Images">
      {change.old_size !== null && (
        <Picture from={old} path={change.path} size={change.old_size} hash={change.old_hash} />
      )}
      {change.new_size !== null && (
        <Picture from={now} path={change.path} size={change.new_size} hash={change.new_hash} />
      )}
    </div>
  );
}

function Picture(props: {
  from: IVersionRef;
  path: string;
  size: number;
  hash: string | null;
}): JSX.Element {
  const { from, path, size, hash } = props;
  const { client } = useApp();
  const trans = useTrans();
  const [dimensions, setDimensions] = useState('');
  const [isBroken, setBroken] = useState(false);
  return (
    <figure className="gd-Picture">
      <div className="gd-Picture-frame">
        {isBroken ? (
          <p className="gd-Note">{trans.__('The browser cannot show this image.')}</p>
        ) : (
          <img
            key={hash}
            src={client.contentUrl(from, path, 'inline')}
            alt={trans.__('%1 in %2', path, from.version)}
            onLoad={({ currentTarget: { naturalWidth, naturalHeight } }) =>
              setDimensions(`${naturalWidth} × ${naturalHeight}`)
            }
            onError={() => setBroken(true)}
          />
        )}
      </div>
      <figcaption>
        <strong>{from.version}</strong>
        {dimensions && <span>{trans.__('%1 pixels', dimensions)}</span>}
        <span>{bytes(size)}</span>
      </figcaption>
    </figure>
  );
}
