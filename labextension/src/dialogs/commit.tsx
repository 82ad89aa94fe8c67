/** Commits a version: message, tags, what changes; waits for uploads, shows how far it is. */

import React from 'react';
import type { IVersionRef } from '../api/client';
import { ApiError } from '../api/request';
import type { Version } from '../api/types';
import { UseSignal, useApp, useTrans } from '../context';
import { useTags } from '../data/live';
import type { IGradientData } from '../tokens';
import { Changes } from './changes';
import { TextArea, TextField } from './fields';
import { showForm, type IFields, type ISubmission } from './formDialog';
import { tagProblem } from './names';
import { follow } from './progress';
import { isUnderWay, uploadsEnd, uploadsInto } from './uploading';

/** What the server says while files that were promised have not arrived. */
const UNFINISHED = 'uploads_unfinished';

interface IValues {
  message: string;
  /** Names, with commas between them. */
  tags: string;
  /** Leave out what has not arrived. */
  abandon: boolean;
}

/** Resolves to the committed version, or to null when the user cancelled. */
export async function commitVersion(app: IGradientData, ref: IVersionRef): Promise<Version | null> {
  const { client, trans } = app;
  const version = await client.getVersion(ref);
  if (version.state === 'committed') {
    return version;
  }
  return showForm<IValues, Version>(app, {
    title: trans.__('Commit Version %1', version.version),
    accept: trans.__('Commit'),
    initial: { message: version.message, tags: '', abandon: false },
    isComplete: ({ tags }) => namesOf(tags).every(name => tagProblem(name, trans) === null),
    fields: form => <Fields form={form} version={version} />,
    submit: (values, submission) => commit(app, version, values, submission)
  });
}

async function commit(
  app: IGradientData,
  version: Version,
  values: IValues,
  submission: ISubmission
): Promise<Version> {
  const { client, trans } = app;
  const ref: IVersionRef = { dataset: version.dataset, version: version.version };
  if (!values.abandon) {
    await uploadsEnd(app, ref, submission);
  }
  const message = values.message.trim();
  if (message !== version.message) {
    await client.updateVersion(ref, message);
  }
  try {
    const task = await client.commit(ref, values.abandon);
    await follow(app, task, trans.__('Committing'), submission);
  } catch (error) {
    throw explain(ApiError.of(error), app);
  }
  for (const name of namesOf(values.tags)) {
    await client.setTag(ref, name);
  }
  return client.getVersion(ref);
}

/** The server's hint is for its command; the dialog offers the same in its own words. */
function explain(error: ApiError, { trans }: IGradientData): ApiError {
  const hint = trans.__('Wait until they have arrived, or commit without them.');
  return error.code === UNFINISHED
    ? new ApiError(error.code, error.message, hint, error.status)
    : error;
}

function namesOf(tags: string): string[] {
  return [...new Set(tags.split(',').map(name => name.trim()))].filter(Boolean);
}

function Fields({ form, version }: { form: IFields<IValues>; version: Version }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy, error } = form;
  const existing = useTags(version.dataset).data ?? [];
  const names = namesOf(values.tags);
  const problem = names.map(name => tagProblem(name, trans)).find(Boolean);
  const moved = existing.filter(({ name }) => names.includes(name));
  return (
    <>
      <TextArea
        label={trans.__('Message')}
        value={values.message}
        onChange={message => set({ message })}
        disabled={isBusy}
        placeholder={trans.__('What is new in this version')}
      />
      <TextField
        label={trans.__('Tags')}
        value={values.tags}
        onChange={tags => set({ tags })}
        disabled={isBusy}
        placeholder={trans.__('for example: production')}
        problem={problem}
        help={trans.__('Optional; with commas between them.')}
      />
      {moved.map(({ name, version: from }) => (
        <p key={name} className="gd-Form-note" role="status">
          {trans.__('“%1” points to version %2 now. It will be moved.', name, from)}
        </p>
      ))}
      <Changes version={version} />
      <UploadNote version={version} />
      {error?.code === UNFINISHED && (
        <label className="gd-Form-check">
          <input
            type="checkbox"
            checked={values.abandon}
            disabled={isBusy}
            onChange={event => set({ abandon: event.target.checked })}
          />
          {trans.__('Commit without the files that have not arrived')}
        </label>
      )}
      <p className="gd-Form-small">
        {trans.__('A committed version never changes. To change files later, start a new version.')}
      </p>
    </>
  );
}

/** That the commit will wait. */
function UploadNote({ version }: { version: Version }): JSX.Element {
  const app = useApp();
  return (
    <UseSignal signal={app.uploads.changed}>
      {() =>
        uploadsInto(app, version).some(isUnderWay) ? (
          <p className="gd-Form-note" role="status">
            {app.trans.__('Files are being uploaded into this version. Commit waits for them.')}
          </p>
        ) : null
      }
    </UseSignal>
  );
}
