/** What keys do in the table of files. */

import { useState, type KeyboardEvent } from 'react';
import { findPrefix, type IRow } from './rows';
import { select, selectAll, type SelectMode } from './selection';
import type { ITable } from './tableProps';

const TYPING = 1_000; // milliseconds after which letters begin a new word

/** Where a key moves to; null when it does not move. `page` is how many rows are in sight. */
export function targetOf(key: string, at: number, count: number, page: number): number | null {
  const targets: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: count - 1
  };
  if (!(key in targets) || count === 0) {
    return null;
  }
  return Math.min(count - 1, Math.max(0, targets[key]));
}

/** Finds rows by the letters that are typed one after the other. */
export class TypeAhead {
  /** Whether letters were typed just now: then a space is one of them. */
  get isTyping(): boolean {
    return this._word !== '' && Date.now() - this._time < TYPING;
  }

  /** The place of the row that the letters so far lead to; -1 for none. */
  type(letter: string, rows: readonly IRow[], at: number): number {
    this._word = this.isTyping ? this._word + letter : letter;
    this._time = Date.now();
    // The same letter again and again goes from one row to the next.
    const isRepeated = [...this._word].every(one => one === letter);
    const word = isRepeated ? letter : this._word;
    return findPrefix(rows, isRepeated ? at + 1 : at, word);
  }

  private _time = 0;
  private _word = '';
}

/** Handles keys of the table; those of fields and buttons in it are theirs. */
export function useTableKeys(
  props: ITable,
  cursor: number,
  page: () => number
): (event: KeyboardEvent<HTMLDivElement>) => void {
  const { rows, selection, onSelection, edit } = props;
  const [typeAhead] = useState(() => new TypeAhead());

  const act = (event: KeyboardEvent<HTMLDivElement>): boolean => {
    const { key } = event;
    const isAccel = event.ctrlKey || event.metaKey;
    const row: IRow | undefined = rows[cursor];
    const target = targetOf(key, cursor, rows.length, page());
    if (target !== null) {
      const mode: SelectMode = event.shiftKey ? 'extend' : isAccel ? 'keep' : 'only';
      onSelection(select(selection, rows, target, mode));
      return true;
    }
    if (isAccel) {
      const letter = key.toLowerCase();
      if (letter === 'a') {
        onSelection(selectAll(selection, rows));
      } else if (letter === 'z' && edit) {
        edit.onUndo();
      } else if (key === ' ' && row) {
        onSelection(select(selection, rows, cursor, 'toggle'));
      } else {
        return false;
      }
      return true;
    }
    if (key === ' ' && !typeAhead.isTyping && row) {
      onSelection(select(selection, rows, cursor, 'toggle'));
    } else if (key === 'Enter' && row) {
      props.onOpen(row);
    } else if (key === 'Backspace') {
      props.onUp();
    } else if (key === 'Escape' && selection.paths.size > 0) {
      onSelection({ ...selection, paths: new Set() });
    } else if (key === 'Delete' && edit) {
      edit.onDelete();
    } else if (key === 'F2' && edit) {
      edit.onRenameStart();
    } else if (key.length === 1 && !event.altKey) {
      const index = typeAhead.type(key, rows, cursor);
      if (index >= 0) {
        onSelection(select(selection, rows, index, 'only'));
      }
    } else {
      return false;
    }
    return true;
  };
  return event => {
    const isOther = (event.target as Element).closest('input, button') !== null;
    if (!isOther && act(event)) {
      event.preventDefault();
      event.stopPropagation();
    }
  };
}
