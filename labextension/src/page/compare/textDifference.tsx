/** Two texts side by side, as they are or in a form in which only what they say differs. */

import { caretDownIcon, caretUpIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../components/buttons';
import { ErrorMessage, Skeleton } from '../../components/states';
import { useApp, useTrans } from '../../context';
import { readContents, type IChanged } from './contents';
import { decode } from './decode';
import { canonicalJson } from './json';
import type { Mode } from './modes';
import { notebookText } from './notebook';
import type { ISides, ITextView } from './textEditors';
import { useWork } from './useWork';
import { Working } from './working';

type TextMode = Extract<Mode, 'text' | 'json' | 'cells'>;

interface ITexts extends ISides {
  /** What the user should know about what is shown. */
  notes: string[];
  isBinary: boolean;
  /** Whether the texts are equal in this form. */
  isEqual: boolean;
}

export function TextDifference(props: {
  changed: IChanged;
  mode: TextMode;
  onBinary: JSX.Element;
}): JSX.Element {
  const { changed, mode } = props;
  const { client } = useApp();
  const trans = useTrans();
  const { path, old_hash, new_hash } = changed.change;
  const work = useWork<ITexts>(
    `${path} ${mode} ${old_hash} ${new_hash}`,
    async (signal, report) => {
      const contents = await readContents(client, changed, signal, report);
      const read = (bytes: Uint8Array | null): ReturnType<typeof decode> => bytes && decode(bytes);
      const [old, now] = [read(contents.old), read(contents.new)];
      const isBinary = (contents.old !== null && !old) || (contents.new !== null && !now);
      const encodings = new Set([old, now].flatMap(side => (side ? [side.encoding] : [])));
      encodings.delete('UTF-8');
      const form = inForm({ old: old?.text ?? null, new: now?.text ?? null }, mode);
      const notes = [
        mode === 'json' && !form.isRaw ? trans.__('Parsed, with sorted keys.') : '',
        mode === 'cells' && !form.isRaw
          ? trans.__('What the cells say; outputs are left out.')
          : '',
        form.isRaw && mode === 'json' ? trans.__('It is not JSON: compared as text.') : '',
        form.isRaw && mode === 'cells' ? trans.__('It is not a notebook: compared as text.') : '',
        ...[...encodings].map(name => trans.__('Read as %1.', name))
      ];
      const isEqual = form.sides.old === form.sides.new;
      return { ...form.sides, notes: notes.filter(Boolean), isBinary, isEqual };
    }
  );
  return (
    <Working work={work}>
      {texts =>
        texts.isBinary ? (
          props.onBinary
        ) : (
          <Texts key={`${path} ${mode}`} changed={changed} texts={texts} mode={mode} />
        )
      }
    </Working>
  );
}

/** Both texts in the form of a mode; as they are when one of them has no such form. */
function inForm(sides: ISides, mode: TextMode): { sides: ISides; isRaw: boolean } {
  const forms = { text: (text: string) => text, json: canonicalJson, cells: notebookText };
  const form = (text: string | null): string | null => (text === null ? null : forms[mode](text));
  try {
    return { sides: { old: form(sides.old), new: form(sides.new) }, isRaw: false };
  } catch {
    return { sides, isRaw: true };
  }
}

function Texts(props: { changed: IChanged; texts: ITexts; mode: TextMode }): JSX.Element {
  const { changed, texts, mode } = props;
  const trans = useTrans();
  const place = useRef<HTMLDivElement>(null);
  const [view, setView] = useState<ITextView | null>(null);
  const [isWhole, setWhole] = useState(false);
  const [error, setError] = useState<unknown>(null);
  const { path } = changed.change;

  useEffect(() => {
    if (texts.isEqual || !place.current) {
      return;
    }
    const parent = place.current;
    let isGone = false;
    let shown: ITextView | null = null;
    const show = async (): Promise<void> => {
      const { showTexts } = await import('./textEditors');
      const labels = {
        old: trans.__('%1 in %2', path, changed.old.version),
        new: trans.__('%1 in %2', path, changed.new.version)
      };
      shown = await showTexts(parent, texts, labels, mode === 'cells' ? 'cells.py' : path);
      if (isGone) {
        shown.dispose();
      } else {
        setView(shown);
      }
    };
    show().catch(setError);
    return () => {
      isGone = true;
      shown?.dispose();
      setView(null);
    };
  }, [texts]); // eslint-disable-line react-hooks/exhaustive-deps

  const isBoth = texts.old !== null && texts.new !== null;
  return (
    <div className="gd-Texts">
      <div className="gd-Texts-bar">
        <p className="gd-Texts-notes">{texts.notes.join(' ')}</p>
        {isBoth && view && (
          <>
            <span>{trans._n('%1 place', '%1 places', view.places)}</span>
            <IconButton
              icon={caretUpIcon}
              label={trans.__('Previous difference')}
              onClick={view.previous}
            />
            <IconButton
              icon={caretDownIcon}
              label={trans.__('Next difference')}
              onClick={view.next}
            />
            <label className="gd-Check">
              <input
                type="checkbox"
                checked={isWhole}
                onChange={event => {
                  setWhole(event.target.checked);
                  view.setWhole(event.target.checked);
                }}
              />
              {trans.__('All lines')}
            </label>
          </>
        )}
      </div>
      {texts.isEqual ? (
        <p className="gd-Note">
          {mode === 'json'
            ? trans.__('Only the formatting differs: the JSON says the same.')
            : trans.__('The cells say the same: outputs or metadata differ.')}
        </p>
      ) : (
        <>
          {error ? <ErrorMessage error={error} /> : view === null && <Skeleton rows={6} />}
          <div ref={place} className={`gd-Merge ${isBoth ? '' : 'gd-mod-single'}`} />
        </>
      )}
    </div>
  );
}
