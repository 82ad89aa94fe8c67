/** Text side by side in JupyterLab's editor; heavy, so loaded when first needed. */

import { goToNextChunk, goToPreviousChunk, MergeView } from '@codemirror/merge';
import { EditorState, type Extension } from '@codemirror/state';
import { EditorView, lineNumbers } from '@codemirror/view';
import { EditorLanguageRegistry, jupyterTheme } from '@jupyterlab/codemirror';
import { lineDiff } from './lineDiff';

export interface ISides {
  old: string | null;
  new: string | null;
}

interface ILabels {
  old: string;
  new: string;
}

/** What is shown, and what can be done with it. */
export interface ITextView {
  /** How many places differ. */
  places: number;
  next: () => void;
  previous: () => void;
  /** Whether to show unchanged lines, too. */
  setWhole: (isWhole: boolean) => void;
  dispose: () => void;
}

const COLLAPSE = { margin: 3, minSize: 6 }; // lines

const languages = new EditorLanguageRegistry();
EditorLanguageRegistry.getDefaultLanguages().forEach(one => languages.addLanguage(one));

/** Show two texts, or the one that exists, in `parent`; `name` tells the language. */
export async function showTexts(
  parent: HTMLElement,
  sides: ISides,
  labels: ILabels,
  name: string
): Promise<ITextView> {
  const found = languages.findByFileName(name);
  const language = found && (await languages.getLanguage(found));
  const extensions = (label: string): Extension[] => [
    lineNumbers(),
    jupyterTheme,
    EditorState.readOnly.of(true),
    EditorView.lineWrapping,
    EditorView.contentAttributes.of({ 'aria-label': label, 'aria-readonly': 'true' }),
    language?.support ?? []
  ];
  if (sides.old !== null && sides.new !== null) {
    return merge(parent, sides.old, sides.new, labels, extensions);
  }
  const isOld = sides.new === null;
  const view = new EditorView({
    parent,
    doc: (isOld ? sides.old : sides.new) ?? '',
    extensions: extensions(isOld ? labels.old : labels.new)
  });
  const nothing = (): void => undefined;
  return {
    places: 0,
    next: nothing,
    previous: nothing,
    setWhole: nothing,
    dispose: () => view.destroy()
  };
}

function merge(
  parent: HTMLElement,
  old: string,
  now: string,
  labels: ILabels,
  extensions: (label: string) => Extension[]
): ITextView {
  const view = new MergeView({
    parent,
    a: { doc: old, extensions: extensions(labels.old) },
    b: { doc: now, extensions: extensions(labels.new) },
    collapseUnchanged: COLLAPSE,
    diffConfig: { override: lineDiff },
    gutter: true
  });
  const go = (command: typeof goToNextChunk): void => {
    command({ state: view.b.state, dispatch: transaction => view.b.dispatch(transaction) });
    view.b.focus();
  };
  return {
    places: view.chunks.length,
    next: () => go(goToNextChunk),
    previous: () => go(goToPreviousChunk),
    setWhole: isWhole => view.reconfigure({ collapseUnchanged: isWhole ? undefined : COLLAPSE }),
    dispose: () => view.destroy()
  };
}
