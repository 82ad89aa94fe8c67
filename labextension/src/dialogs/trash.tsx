/** Moves datasets and versions to the trash, saying what goes there, and takes them back. */

import { Notification } from '@jupyterlab/apputils';
import React from 'react';
import { ApiError } from '../api/request';
import type { DeletePreview } from '../api/types';
import { Loaded } from '../components/states';
import { useApp, useTrans } from '../context';
import { useDeletePreview } from '../data/live';
import { bytes, count, files } from '../format';
import type { IGradientData } from '../tokens';
import { showForm } from './formDialog';
import { askName } from './rename';

const DAY = 86_400_000; // milliseconds

/** A dataset, or one of its versions. */
interface IThing {
  dataset: string;
  /** Name of the dataset. */
  name: string;
  version?: string;
}

/** Resolves to whether it was moved. */
export async function moveToTrash(app: IGradientData, thing: IThing): Promise<boolean> {
  const { client, settings, trans } = app;
  const move = async (): Promise<true> => {
    await (thing.version === undefined
      ? client.deleteDataset(thing.dataset)
      : client.deleteVersion({ dataset: thing.dataset, version: thing.version }));
    return true;
  };
  const isDone = settings.get('confirmTrash')
    ? await showForm<object, true>(app, {
        title: trans.__('Move “%1” to the Trash?', labelOf(thing)),
        accept: trans.__('Move to Trash'),
        isDangerous: true,
        initial: {},
        fields: () => <Harm thing={thing} />,
        submit: move
      })
    : await move();
  if (isDone) {
    tell(app, thing);
  }
  return isDone === true;
}

function labelOf({ name, version }: IThing): string {
  return version === undefined ? name : `${name}:${version}`;
}

function tell(app: IGradientData, thing: IThing): void {
  const { trans } = app;
  const reference = thing.version ? `${thing.dataset}:${thing.version}` : thing.dataset;
  Notification.success(trans.__('“%1” is in the trash.', labelOf(thing)), {
    autoClose: 8000,
    actions: [
      {
        label: trans.__('Undo'),
        callback: () => void restore(app, { reference, name: thing.name })
      }
    ]
  });
}

/** What goes to the trash, for how long, and what that frees. */
function Harm({ thing }: { thing: IThing }): JSX.Element {
  return (
    <Loaded live={useDeletePreview(thing.dataset, thing.version)} rows={2}>
      {preview => <Preview preview={preview} isVersion={thing.version !== undefined} />}
    </Loaded>
  );
}

function Preview(props: { preview: DeletePreview; isVersion: boolean }): JSX.Element {
  const { connection } = useApp();
  const trans = useTrans();
  const { versions, files: held, freed_bytes: freed } = props.preview;
  const days = connection.info?.trash_days ?? null;
  const what = files(held, trans);
  const words = props.isVersion
    ? trans.__('This version with %1 goes to the trash.', what)
    : versions === 0
      ? trans.__('It has no versions yet.')
      : trans._n(
          '%2 version with %3 goes to the trash.',
          '%2 versions with %3 go to the trash.',
          versions,
          count(versions),
          what
        );
  return (
    <>
      <p>{words}</p>
      {days !== null && (
        <p>
          {trans.__(
            'You can restore it until %1.',
            new Date(Date.now() + days * DAY).toLocaleDateString(undefined, { dateStyle: 'long' })
          )}
        </p>
      )}
      {freed > 0 && <p>{trans.__('%1 are freed after that.', bytes(freed))}</p>}
      {freed === 0 && held > 0 && (
        <p>{trans.__('That frees no space: other versions have the same files.')}</p>
      )}
    </>
  );
}

/** Take something out of the trash; asks for another name when the dataset's is taken by now. */
export async function restore(
  app: IGradientData,
  trashed: { reference: string; name: string }
): Promise<boolean> {
  const { client, trans } = app;
  const done = (name: string): true => {
    Notification.success(trans.__('“%1” is back.', name), { autoClose: 4000 });
    return true;
  };
  try {
    await client.restore(trashed.reference);
    return done(trashed.name);
  } catch (reason) {
    const error = ApiError.of(reason);
    if (error.code !== 'name_taken') {
      Notification.error(`${error.message} ${error.hint}`);
      return false;
    }
  }
  const isRestored = await askName(app, {
    title: trans.__('Restore under Another Name'),
    accept: trans.__('Restore'),
    name: trashed.name,
    help: trans.__('Another dataset is named “%1” by now.', trashed.name),
    submit: async name => {
      await client.restore(trashed.reference, name);
      return done(name);
    }
  });
  return isRestored === true;
}
