/** Sizes and hashes of a file that cannot be shown, and both of it to download. */

import { downloadIcon } from '@jupyterlab/ui-components';
import React from 'react';
import type { IVersionRef } from '../../api/client';
import { Button } from '../../components/buttons';
import { useApp, useTrans } from '../../context';
import { bytes, count } from '../../format';
import { CopyButton } from '../copyButton';
import { save } from '../save';
import type { IChanged } from './contents';

export function BytesDifference(props: { changed: IChanged; reason: string }): JSX.Element {
  const trans = useTrans();
  const { change, old, new: now } = props.changed;
  const sides = [
    { name: trans.__('Old'), from: old, size: change.old_size, hash: change.old_hash },
    { name: trans.__('New'), from: now, size: change.new_size, hash: change.new_hash }
  ];
  return (
    <div className="gd-Bytes">
      <p>{props.reason}</p>
      <div className="gd-TableScroller">
        <table className="gd-Table">
          <thead>
            <tr>
              <th scope="col">{trans.__('Version')}</th>
              <th scope="col">{trans.__('Size')}</th>
              <th scope="col">{trans.__('Hash')}</th>
              <th scope="col">{trans.__('Download')}</th>
            </tr>
          </thead>
          <tbody>
            {sides.map(({ name, from, size, hash }) => (
              <tr key={name}>
                <th scope="row">
                  {name} ({from.version})
                </th>
                {size === null ? (
                  <td colSpan={3}>{trans.__('The file is not in this version.')}</td>
                ) : (
                  <>
                    <td title={trans.__('%1 bytes', count(size))}>{bytes(size)}</td>
                    <td className="gd-Facts-hash">
                      <code>{hash?.slice(0, 12)}…</code>
                      <CopyButton
                        text={hash ?? ''}
                        label={trans.__('Copy the hash in %1', from.version)}
                      />
                    </td>
                    <td>
                      <Save from={from} path={change.path} />
                    </td>
                  </>
                )}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Save({ from, path }: { from: IVersionRef; path: string }): JSX.Element {
  const { client, trans } = useApp();
  return (
    <Button
      icon={downloadIcon}
      aria-label={trans.__('Download it from %1', from.version)}
      onClick={() => save(client.contentUrl(from, path, 'attachment'))}
    >
      {trans.__('Download')}
    </Button>
  );
}
