/** Asks before something is done that cannot be undone. */

import React from 'react';
import type { IGradientData } from '../tokens';
import { showForm } from './formDialog';

interface IQuestion {
  title: string;
  accept: string;
  /** What it does, in plain words; one paragraph each. */
  words: readonly string[];
  submit: () => Promise<unknown>;
}

/** Resolves to whether it was done. */
export async function confirm(app: IGradientData, question: IQuestion): Promise<boolean> {
  const { title, accept, words, submit } = question;
  const isDone = await showForm<object, true>(app, {
    title,
    accept,
    isDangerous: true,
    initial: {},
    fields: () => words.map(text => <p key={text}>{text}</p>),
    submit: async () => {
      await submit();
      return true;
    }
  });
  return isDone === true;
}
