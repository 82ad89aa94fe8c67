/** Where in the version one is, and the way up. */

import React from 'react';
import { useTrans } from '../../context';

/** The folders on the way to a folder: name and path of each. */
export function crumbsOf(folder: string): { name: string; path: string }[] {
  const names = folder.split('/').slice(0, -1);
  return names.map((name, i) => ({ name, path: `${names.slice(0, i + 1).join('/')}/` }));
}

export function Breadcrumb(props: {
  name: string;
  folder: string;
  onFolder: (folder: string) => void;
  /** Rows were dropped on a folder. */
  onDrop: ((folder: string) => void) | null;
}): JSX.Element {
  const { name, folder, onFolder, onDrop } = props;
  const trans = useTrans();
  const crumbs = [{ name, path: '' }, ...crumbsOf(folder)];
  return (
    <nav className="gd-Breadcrumb" aria-label={trans.__('Folder')}>
      <ol>
        {crumbs.map(crumb => (
          <li key={crumb.path}>
            <button
              type="button"
              aria-current={crumb.path === folder ? 'page' : undefined}
              title={crumb.name}
              onClick={() => onFolder(crumb.path)}
              onDragOver={event => onDrop && crumb.path !== folder && event.preventDefault()}
              onDrop={event => {
                event.preventDefault();
                onDrop?.(crumb.path);
              }}
            >
              {crumb.name}
            </button>
          </li>
        ))}
      </ol>
    </nav>
  );
}
