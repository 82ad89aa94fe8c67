/** What is known of a public dataset: description, licence, where it comes from. */

import React, { type ReactNode } from 'react';
import type { PublicDataset } from '../api/types';
import { useTrans } from '../context';
import { bytes, files } from '../format';

export function PublicFacts({ dataset }: { dataset: PublicDataset }): JSX.Element {
  const trans = useTrans();
  const { description, homepage, licence, licence_terms: terms, notes, source } = dataset;
  const sources: Record<string, string> = {
    gradient: trans.__('The catalogue that comes with this extension'),
    folder: trans.__('A folder that whoever runs this server has put there')
  };
  const facts: [term: string, value: ReactNode][] = [
    [trans.__('Size'), sizeOf(dataset, trans)],
    [trans.__('Licence'), licence && <Licence licence={licence} terms={terms} />],
    [trans.__('Homepage'), homepage && <Link url={homepage} />],
    [trans.__('Notes'), notes],
    [trans.__('Listed by'), sources[source] ?? source]
  ];
  return (
    <>
      {description && <p>{description}</p>}
      <dl className="gd-Facts">
        {facts
          .filter(([, value]) => value)
          .map(([term, value]) => (
            <React.Fragment key={term}>
              <dt>{term}</dt>
              <dd>{value}</dd>
            </React.Fragment>
          ))}
      </dl>
    </>
  );
}

function sizeOf(
  { bytes: size, files: held }: PublicDataset,
  trans: ReturnType<typeof useTrans>
): string {
  const parts = [size === null ? '' : bytes(size), held.length ? files(held.length, trans) : ''];
  return parts.filter(Boolean).join(', ');
}

function Licence({ licence, terms }: { licence: string; terms: string }): JSX.Element {
  return (
    <>
      {licence}
      {terms && terms !== licence && <span className="gd-mod-faint"> {terms}</span>}
    </>
  );
}

/** Opened beside JupyterLab, which the other page learns nothing of; only what a browser shows as a page. */
function Link({ url }: { url: string }): JSX.Element {
  return /^https?:\/\//i.test(url) ? (
    <a href={url} target="_blank" rel="noopener noreferrer">
      {url}
    </a>
  ) : (
    <>{url}</>
  );
}
