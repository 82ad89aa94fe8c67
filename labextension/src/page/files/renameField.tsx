/** The field in which a file or folder gets another name; it stays until that has been done. */

import React, { useEffect, useId, useRef, useState, type KeyboardEvent } from 'react';
import { ApiError } from '../../api/request';
import { useTrans } from '../../context';
import { baseName, type IRow } from './rows';

export function RenameField(props: {
  row: IRow;
  onRename: (name: string) => Promise<void>;
  onEnd: () => void;
}): JSX.Element {
  const { row, onRename, onEnd } = props;
  const trans = useTrans();
  const old = baseName(row.path);
  const [name, setName] = useState(old);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState('');
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const isLeft = useRef(false); // by Escape: the field loses the focus then, which is not to save
  useEffect(() => {
    const dot = row.isFolder ? -1 : old.lastIndexOf('.');
    input.current?.focus();
    input.current?.setSelectionRange(0, dot > 0 ? dot : old.length); // the name without its ending
  }, []); // eslint-disable-line react-hooks/exhaustive-deps

  const save = async (): Promise<void> => {
    const wanted = name.trim();
    if (wanted === '' || wanted === old) {
      onEnd();
      return;
    }
    if (wanted.includes('/')) {
      setError(trans.__('A name cannot have a slash.'));
      return;
    }
    setIsBusy(true);
    try {
      await onRename(wanted);
    } catch (reason) {
      const { message, hint } = ApiError.of(reason);
      setError(`${message} ${hint}`.trim());
      setIsBusy(false);
      input.current?.focus();
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    event.stopPropagation();
    if (event.key === 'Enter' && !isBusy) {
      event.preventDefault();
      void save();
    } else if (event.key === 'Escape') {
      isLeft.current = true;
      onEnd();
    }
  };
  return (
    <span className="gd-RenameField">
      <input
        ref={input}
        type="text"
        className="jp-mod-styled"
        aria-label={trans.__('New name of %1', old)}
        aria-invalid={error !== ''}
        aria-describedby={error ? id : undefined}
        spellCheck={false}
        readOnly={isBusy}
        value={name}
        onChange={event => {
          setName(event.target.value);
          setError('');
        }}
        onKeyDown={onKeyDown}
        onBlur={() => !isLeft.current && !isBusy && error === '' && void save()}
        // The row below is not to be selected, opened or dragged by the mouse in here.
        onClick={event => event.stopPropagation()}
        onDoubleClick={event => event.stopPropagation()}
      />
      {error && (
        <span id={id} role="alert" className="gd-RenameField-error">
          {error}
        </span>
      )}
    </span>
  );
}
