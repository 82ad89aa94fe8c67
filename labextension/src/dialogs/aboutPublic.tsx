/** Shows what is known of a public dataset that is here. */

import { Dialog, showDialog } from '@jupyterlab/apputils';
import React from 'react';
import type { PublicDataset } from '../api/types';
import { PublicFacts } from '../components/publicFacts';
import { AppWidget } from '../context';
import { bytes } from '../format';
import type { IGradientData } from '../tokens';

export async function aboutPublic(app: IGradientData, dataset: PublicDataset): Promise<void> {
  const { trans } = app;
  const body = new AppWidget(app, () => (
    <>
      <PublicFacts dataset={dataset} />
      <p>
        <code>{dataset.path}</code>
      </p>
      {dataset.files.length > 0 && (
        <ul className="gd-Form-list" aria-label={trans.__('Files')} tabIndex={0}>
          {dataset.files.map(({ path, bytes: size, is_present: isPresent }) => (
            <li key={path}>
              <span className="gd-Form-path">{path}</span>
              <span className="gd-mod-faint">
                {[size === null ? '' : bytes(size), isPresent ? '' : trans.__('not fetched')]
                  .filter(Boolean)
                  .join(', ')}
              </span>
            </li>
          ))}
        </ul>
      )}
    </>
  ));
  body.addClass('gd-Form');
  await showDialog({
    title: dataset.title || dataset.name,
    body,
    buttons: [Dialog.okButton({ label: trans.__('Close') })]
  });
}
