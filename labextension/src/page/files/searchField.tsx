/** The field that searches a folder, on the server. */

import { closeIcon, searchIcon } from '@jupyterlab/ui-components';
import React, { useEffect, useRef, useState } from 'react';
import { IconButton } from '../../components/buttons';
import { useTrans } from '../../context';

const DELAY = 250; // milliseconds without a key until the search begins

export function SearchField(props: {
  /** What is searched for now. */
  search: string;
  onSearch: (search: string) => void;
  /** The arrow key down, or Enter: on to what was found. */
  onLeave: () => void;
}): JSX.Element {
  const { search, onSearch, onLeave } = props;
  const trans = useTrans();
  const [text, setText] = useState(search);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    const timer = setTimeout(() => onSearch(text.trim()), text ? DELAY : 0);
    return () => clearTimeout(timer);
  }, [text]); // eslint-disable-line react-hooks/exhaustive-deps
  return (
    <div className="gd-SearchField" role="search">
      <searchIcon.react tag="span" className="gd-SearchField-icon" aria-hidden="true" />
      <input
        ref={input}
        type="text"
        className="jp-mod-styled"
        aria-label={trans.__('Search in this folder')}
        placeholder={trans.__('Search in this folder')}
        title={trans.__('A part of a path, or a pattern such as *.png')}
        spellCheck={false}
        value={text}
        onChange={event => setText(event.target.value)}
        onKeyDown={event => {
          if (event.key === 'Escape' && text) {
            event.stopPropagation();
            setText('');
          } else if (event.key === 'ArrowDown' || event.key === 'Enter') {
            event.preventDefault();
            onSearch(text.trim());
            onLeave();
          }
        }}
      />
      {text && (
        <IconButton
          icon={closeIcon}
          label={trans.__('Clear the search')}
          onClick={() => {
            setText('');
            input.current?.focus();
          }}
        />
      )}
    </div>
  );
}
