/** Change the message of a version; it says something about the files and may change after the commit. */

import React from 'react';
import type { Version } from '../../api/types';
import { TextArea } from '../../dialogs/fields';
import { showForm } from '../../dialogs/formDialog';
import type { IGradientData } from '../../tokens';
import { refOf } from './timeline';

export async function editMessage(app: IGradientData, version: Version): Promise<void> {
  const { trans, client } = app;
  await showForm(app, {
    title: trans.__('Message of %1', version.version),
    accept: trans.__('Save'),
    initial: { message: version.message },
    fields: ({ values, set, isBusy }) => (
      <TextArea
        label={trans.__('Message')}
        help={trans.__('What this version is, or what changed in it.')}
        value={values.message}
        disabled={isBusy}
        onChange={message => set({ message })}
      />
    ),
    submit: ({ message }) => client.updateVersion(refOf(version), message)
  });
}
