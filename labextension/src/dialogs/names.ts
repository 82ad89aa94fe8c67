/** Which names the server accepts, said while they are typed; the server has the last word. */

import type { TranslationBundle } from '@jupyterlab/translation';

const LONGEST = 128;
const ID = /^(ds|sp)[a-z0-9]{13}$/;
const VERSION = /^(?=[a-z]*[0-9])[a-z0-9]{7}$/;
// eslint-disable-next-line no-control-regex
const CONTROL = /[\u0000-\u001f\u007f-\u009f]/;

const FOLDER = /^[A-Za-z0-9][\w.@+-]*$/;

/** The name of a mount of a dataset, as far as a folder can have its name; empty when it can have nothing of it. */
export function folderName(name: string): string {
  const plain = name.normalize('NFKD').replace(/[^\x20-\x7e]/g, '');
  return plain
    .replace(/[^\w.@+-]+/g, '-')
    .replace(/^[-._@+]+|[-._@+]+$/g, '')
    .slice(0, LONGEST);
}

/** Why this cannot be the name of a mount or output; null when it can, or nothing is typed yet. */
export function folderProblem(typed: string, trans: TranslationBundle): string | null {
  const name = typed.trim();
  if (name.length > LONGEST) {
    return trans.__('A name has at most %1 characters.', LONGEST);
  }
  return name === '' || FOLDER.test(name)
    ? null
    : trans.__(
        'It becomes a folder: letters, digits and ._@+- are allowed, a letter or digit first.'
      );
}

/** Why this cannot be the name of a dataset or storage provider; null when it can, or nothing is typed yet. */
export function nameProblem(typed: string, trans: TranslationBundle): string | null {
  const name = typed.trim();
  if (name.length > LONGEST) {
    return trans.__('A name has at most %1 characters.', LONGEST);
  }
  const character = /[:/\\]/.exec(name)?.[0];
  if (character) {
    return trans.__('A name cannot contain “%1”.', character);
  }
  if (CONTROL.test(name)) {
    return trans.__('A name cannot contain control characters.');
  }
  return ID.test(name) ? trans.__('This looks like an id; choose another name.') : null;
}

/** The same for a tag. */
export function tagProblem(typed: string, trans: TranslationBundle): string | null {
  const name = typed.trim();
  if (name === 'latest') {
    return trans.__('“latest” always means the newest committed version.');
  }
  if (VERSION.test(name)) {
    return trans.__('This looks like the id of a version; choose another name.');
  }
  return ID.test(name) ? null : nameProblem(name, trans);
}
