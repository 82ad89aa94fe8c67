/** Commits what is in a writable mount or an output: asks for a message and a tag, shows how far it is. */

import React from 'react';
import type { ICommit } from '../api/volumes';
import type { TaskInfo, Version } from '../api/types';
import { useTrans } from '../context';
import { useTags } from '../data/live';
import type { IGradientData } from '../tokens';
import { TextArea, TextField } from './fields';
import { showForm, type IFields } from './formDialog';
import { tagProblem } from './names';
import { follow } from './progress';

interface IFolder {
  /** `/inputs/flowers`. */
  path: string;
  /** Id of the dataset of which it makes a new version; null for a bucket. */
  dataset: string | null;
  /** What the new version will be, in a sentence. */
  about: string;
  begin: (commit: ICommit) => Promise<TaskInfo>;
}

/** Resolves to the new version, or to null when the user cancelled. */
export function commitFolder(app: IGradientData, folder: IFolder): Promise<Version | null> {
  const { trans } = app;
  return showForm<ICommit, Version>(app, {
    title: trans.__('Commit %1', folder.path),
    accept: trans.__('Commit'),
    initial: { message: '', tag: '' },
    isComplete: ({ tag }) => tagProblem(tag, trans) === null,
    fields: form => <Fields form={form} folder={folder} />,
    submit: async ({ message, tag }, submission) => {
      const task = await folder.begin({ message: message.trim(), tag: tag.trim() });
      return follow<Version>(app, task, trans.__('Committing'), submission);
    }
  });
}

function Fields({ form, folder }: { form: IFields<ICommit>; folder: IFolder }): JSX.Element {
  const trans = useTrans();
  const { values, set, isBusy } = form;
  const tags = useTags(folder.dataset).data ?? [];
  const moved = tags.find(({ name }) => name === values.tag.trim());
  return (
    <>
      <p>{folder.about}</p>
      <TextArea
        label={trans.__('Message')}
        value={values.message}
        onChange={message => set({ message })}
        disabled={isBusy}
        placeholder={trans.__('What is new in this version')}
      />
      <TextField
        label={trans.__('Tag')}
        value={values.tag}
        onChange={tag => set({ tag })}
        disabled={isBusy}
        placeholder={trans.__('for example: production')}
        problem={tagProblem(values.tag, trans)}
        help={trans.__('Optional.')}
      />
      {moved && (
        <p className="gd-Form-note" role="status">
          {trans.__('“%1” points to version %2 now. It will be moved.', moved.name, moved.version)}
        </p>
      )}
      <p className="gd-Form-small">{trans.__('A committed version never changes.')}</p>
    </>
  );
}
