/** Asks what a new version starts from, and makes it; reminds of one that is uncommitted already. */

import React from 'react';
import { ApiError } from '../api/request';
import type { Version } from '../api/types';
import { Button } from '../components/buttons';
import { useTrans } from '../context';
import { useVersions } from '../data/live';
import type { IGradientData } from '../tokens';
import { SelectField, TextArea } from './fields';
import { showForm, type IFields } from './formDialog';
import { versionLabel } from './versions';

const EMPTY = '';

interface IValues {
  message: string;
  /** Version id, or `EMPTY`. */
  from: string;
  /** An uncommitted version to go on with instead. */
  existing: Version | null;
}

/** `from`: version id, tag or `latest`. Resolves to the new version, or the uncommitted one that was chosen instead. */
export async function newVersion(
  app: IGradientData,
  dataset: string,
  from?: string
): Promise<Version | null> {
  const { client, trans } = app;
  const versions = await client.listVersions(dataset);
  const newest = versions.find(({ state }) => state === 'committed');
  const start = from ? await client.getVersion({ dataset, version: from }) : newest;
  return showForm<IValues, Version>(app, {
    title: trans.__('New Version'),
    accept: trans.__('Create'),
    initial: { message: '', from: start?.version ?? EMPTY, existing: null },
    fields: form => <Fields form={form} dataset={dataset} />,
    submit: async values => {
      if (values.existing) {
        return values.existing;
      }
      const startFrom = values.from === EMPTY ? null : `${dataset}:${values.from}`;
      try {
        return await client.createVersion(dataset, values.message.trim(), startFrom);
      } catch (error) {
        throw explain(ApiError.of(error), app);
      }
    }
  });
}

/** The server's hint is for its command. */
function explain(error: ApiError, { trans }: IGradientData): ApiError {
  const hint = trans.__('It was deleted meanwhile. Start from another one.');
  return error.code === 'version_not_found'
    ? new ApiError(error.code, error.message, hint, error.status)
    : error;
}

function Fields(props: { form: IFields<IValues>; dataset: string }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy, submit } = props.form;
  const live = useVersions(props.dataset);
  const versions = live.data ?? [];
  const open = versions.find(({ state }) => state === 'uncommitted');
  const committed = versions.filter(({ state }) => state === 'committed');
  const isGone =
    live.data !== undefined &&
    values.from !== EMPTY &&
    !committed.some(({ version }) => version === values.from);
  return (
    <>
      {open && (
        <div className="gd-Form-note" role="note">
          <p>
            {trans.__('Version %1 is not committed yet: %2', open.version, open.message || '–')}
          </p>
          <Button
            disabled={isBusy}
            onClick={() => {
              set({ existing: open });
              submit();
            }}
          >
            {trans.__('Go on with it')}
          </Button>
        </div>
      )}
      <TextArea
        label={trans.__('Message')}
        value={values.message}
        onChange={message => set({ message })}
        disabled={isBusy}
        placeholder={trans.__('What this version will be about')}
      />
      <SelectField
        label={trans.__('Start from')}
        value={values.from}
        options={[
          // It was deleted meanwhile: without it, the list would show another than what is chosen.
          ...(isGone ? [{ value: values.from, label: trans.__('%1 (gone)', values.from) }] : []),
          ...committed.map((version, at) => ({
            value: version.version,
            label:
              at === 0
                ? trans.__('Latest: %1', versionLabel(version, trans))
                : versionLabel(version, trans)
          })),
          { value: EMPTY, label: trans.__('Nothing: an empty version') }
        ]}
        onChange={from => set({ from })}
        disabled={isBusy}
        help={trans.__('It has the same files; no bytes are copied.')}
      />
    </>
  );
}
