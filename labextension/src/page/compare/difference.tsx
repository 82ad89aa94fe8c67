/** What differs in one file, in the way that suits it. */

import { HTMLSelect } from '@jupyterlab/ui-components';
import React, { useId, useState } from 'react';
import type { TranslationBundle } from '@jupyterlab/translation';
import { useTrans } from '../../context';
import { bytes } from '../../format';
import { BytesDifference } from './bytesDifference';
import { kindWord } from './changeKind';
import { largestOf, type IChanged } from './contents';
import { ImageDifference } from './imageDifference';
import { LIMITS, modesOf, type Mode } from './modes';
import { TableDifference } from './table/tableDifference';
import { TextDifference } from './textDifference';

export function Difference({ changed }: { changed: IChanged }): JSX.Element {
  const trans = useTrans();
  const { change } = changed;
  const modes = modesOf(change.path);
  const [mode, setMode] = useState<Mode>(modes[0]);
  const id = useId();
  return (
    <section className="gd-Difference" aria-label={trans.__('Difference of %1', change.path)}>
      <header className="gd-Difference-head">
        <h3 title={change.path}>{change.path}</h3>
        <span>{kindWord(change.kind, trans)}</span>
        {modes.length > 1 && (
          <div className="gd-Labelled">
            <label htmlFor={id}>{trans.__('Show as')}</label>
            <HTMLSelect
              id={id}
              value={mode}
              onChange={event => setMode(event.target.value as Mode)}
            >
              {modes.map(one => (
                <option key={one} value={one}>
                  {modeWord(one, trans)}
                </option>
              ))}
            </HTMLSelect>
          </div>
        )}
      </header>
      <Shown changed={changed} mode={mode} />
    </section>
  );
}

function Shown({ changed, mode }: { changed: IChanged; mode: Mode }): JSX.Element {
  const trans = useTrans();
  if (largestOf(changed.change) > LIMITS[mode]) {
    const reason = trans.__(
      'It is larger than %1: download both to compare them.',
      bytes(LIMITS[mode])
    );
    return <BytesDifference changed={changed} reason={reason} />;
  }
  const binary = (
    <BytesDifference
      changed={changed}
      reason={trans.__('It is neither text, nor an image or a table that can be shown here.')}
    />
  );
  switch (mode) {
    case 'table':
      return <TableDifference changed={changed} onBinary={binary} />;
    case 'image':
      return <ImageDifference changed={changed} />;
    case 'bytes':
      return binary;
    default:
      return <TextDifference key={mode} changed={changed} mode={mode} onBinary={binary} />;
  }
}

function modeWord(mode: Mode, trans: TranslationBundle): string {
  const words: Record<Mode, string> = {
    table: trans.__('Table'),
    image: trans.__('Image'),
    cells: trans.__('Cells'),
    json: trans.__('JSON'),
    text: trans.__('Text'),
    bytes: trans.__('Facts')
  };
  return words[mode];
}
