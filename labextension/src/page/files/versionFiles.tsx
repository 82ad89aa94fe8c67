/** The table of one version's files, with all that can be done in it. */

import { Notification } from '@jupyterlab/apputils';
import { deleteIcon, downloadIcon, editIcon } from '@jupyterlab/ui-components';
import React, { useMemo, useRef, useState } from 'react';
import type { Dataset, Version } from '../../api/types';
import { tellError } from '../../commands/notify';
import { IconButton } from '../../components/buttons';
import { ErrorMessage, Skeleton } from '../../components/states';
import { useApp } from '../../context';
import { save } from '../save';
import { Breadcrumb } from './breadcrumb';
import { EmptyFolder, NothingFound } from './empty';
import { FilesDrop } from './filesDrop';
import { useListing } from './listings';
import { showMenu } from './menu';
import { downloadUrl, openFile } from './open';
import { OutcomeBar } from './outcomeBar';
import { rowMenu } from './rowMenu';
import { BY_NAME, parentOf, type IRow, type ISort } from './rows';
import { SearchField } from './searchField';
import { indexOf, NOTHING, selectedRows, type ISelection } from './selection';
import { StatusLine } from './statusLine';
import { FileTable } from './table';
import { useChanges } from './useChanges';
import { useEdit } from './useEdit';
import { useSelection } from './useSelection';

export function VersionFiles(props: {
  dataset: Dataset;
  version: Version;
  folder: string;
  onFolder: (folder: string) => void;
  onVersion: (version: string) => void;
}): JSX.Element {
  const { dataset, version, folder, onFolder } = props;
  const app = useApp();
  const { trans } = app;
  const ref = { dataset: version.dataset, version: version.version };
  const canEdit = version.state === 'uncommitted';
  const grid = useRef<HTMLDivElement>(null);
  const focus = (): void => grid.current?.focus({ preventScroll: true });

  const [sort, setSort] = useState<ISort>(BY_NAME);
  const { search, clears, setSearch, clearSearch } = useSearch(folder);
  const { listing, shown } = useListing(version, folder, search, sort);
  const { rows, isPending, isLoading, error } = shown;
  const place = JSON.stringify([folder, search]);
  const [selection, setSelection] = useSelection(place, rows, isLoading);
  const selected = useMemo(() => selectedRows(selection, rows), [selection, rows]);
  const changes = useChanges();
  const edit = useEdit({
    ref,
    listing,
    changes,
    selected,
    cursor: rows[indexOf(rows, selection.cursor)],
    onSelection: setSelection,
    onFocus: focus
  });

  const go = (target: string, cursor: string | null): void => {
    const paths = new Set(cursor === null ? [] : [cursor]);
    setSelection({ ...NOTHING, paths, cursor }, JSON.stringify([target, '']));
    onFolder(target);
  };
  const up = (): void => {
    if (search) {
      clearSearch();
    } else if (folder) {
      go(parentOf(folder), folder);
    }
  };
  const open = (row: IRow): void => {
    if (row.isFolder) {
      go(row.path, null);
    } else {
      openFile(app, dataset, ref, row).catch(tellError);
    }
  };
  const download = (): void => {
    const url = downloadUrl(app, ref, selected);
    if (url === null) {
      const message = trans.__('These are too many for one download. Take the whole folder.');
      Notification.warning(message, { autoClose: 8_000 });
    } else {
      save(url);
    }
  };
  // An item of the menu acts on what is selected when it is chosen.
  const actions = useRef({ download, edit });
  actions.current = { download, edit };
  const onMenu = (chosen: ISelection, x: number, y: number): void => {
    const items = selectedRows(chosen, rows);
    if (items.length === 0) {
      return;
    }
    const menu = rowMenu(trans, items, `${dataset.name}:${version.version}`, {
      open,
      download: () => actions.current.download(),
      edit: canEdit && {
        rename: () => actions.current.edit.rename(),
        remove: () => actions.current.edit.remove()
      }
    });
    showMenu(menu, x, y, focus);
  };
  const onSort = (by: ISort['by']): void =>
    setSort({ by, isDescending: sort.by === by ? !sort.isDescending : by === 'size' });

  return (
    <>
      <div className="gd-FolderBar">
        <Breadcrumb
          name={dataset.name}
          folder={folder}
          onFolder={target => go(target, null)}
          onDrop={canEdit ? edit.moveTo : null}
        />
        <span className="gd-FolderBar-actions">
          <IconButton
            icon={downloadIcon}
            label={trans.__('Download selection')}
            disabled={selected.length === 0}
            onClick={download}
          />
          {canEdit && (
            <>
              <IconButton
                icon={editIcon}
                label={trans.__('Rename')}
                disabled={selected.length !== 1}
                onClick={edit.rename}
              />
              <IconButton
                icon={deleteIcon}
                label={trans.__('Delete selection')}
                disabled={selected.length === 0}
                onClick={edit.remove}
              />
            </>
          )}
        </span>
        <SearchField
          key={`${clears}${folder}`}
          search={search}
          onSearch={setSearch}
          onLeave={focus}
        />
      </div>
      {error && error.code !== 'file_not_found' && (
        <ErrorMessage error={error} onRetry={() => listing.refresh()} />
      )}
      <FilesDrop dataset={dataset} version={version} folder={folder} onVersion={props.onVersion}>
        <FileTable
          ref={grid}
          label={trans.__('Files')}
          place={place}
          rows={rows}
          isBusy={isLoading}
          sort={sort}
          onSort={onSort}
          selection={selection}
          onSelection={setSelection}
          onOpen={open}
          onUp={up}
          onMenu={onMenu}
          edit={canEdit ? edit.table : null}
        />
        {rows.length === 0 && !(error && isPending) && (
          <div className="gd-Files-instead">
            {isLoading ? (
              <Skeleton rows={8} />
            ) : search ? (
              <NothingFound
                search={search}
                onClear={() => {
                  clearSearch();
                  focus();
                }}
              />
            ) : (
              <EmptyFolder version={version} folder={folder} />
            )}
          </div>
        )}
      </FilesDrop>
      <OutcomeBar changes={changes} onUndone={focus} />
      <StatusLine shown={shown} isSearch={search !== ''} selected={selected} />
    </>
  );
}

/** What is searched for in a folder; in another folder nothing is. */
function useSearch(folder: string): {
  search: string;
  clears: number;
  setSearch: (text: string) => void;
  clearSearch: () => void;
} {
  const [held, setHeld] = useState({ folder, text: '', clears: 0 });
  return {
    search: held.folder === folder ? held.text : '',
    clears: held.clears,
    setSearch: text => setHeld({ ...held, folder, text }),
    clearSearch: () => setHeld({ folder, text: '', clears: held.clears + 1 })
  };
}
