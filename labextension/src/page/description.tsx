/** The description of a dataset, edited where it stands. */

import React, { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { ApiError } from '../api/request';
import type { Dataset } from '../api/types';
import { Button } from '../components/buttons';
import { ErrorMessage } from '../components/states';
import { useApp, useTrans } from '../context';
import { refresh } from '../data/live';

export function Description({ dataset }: { dataset: Dataset }): JSX.Element {
  const trans = useTrans();
  const [isOpen, setIsOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const wasOpen = useRef(false);
  useEffect(() => {
    if (wasOpen.current && !isOpen) {
      button.current?.focus();
    }
    wasOpen.current = isOpen;
  }, [isOpen]);
  if (isOpen) {
    return <Editor dataset={dataset} onClose={() => setIsOpen(false)} />;
  }
  return (
    <button
      ref={button}
      type="button"
      className={`gd-Description ${dataset.description ? '' : 'gd-mod-empty'}`}
      title={trans.__('Edit the description')}
      onClick={() => setIsOpen(true)}
    >
      {dataset.description || trans.__('Add a description')}
    </button>
  );
}

function Editor(props: { dataset: Dataset; onClose: () => void }): JSX.Element {
  const { dataset, onClose } = props;
  const { client } = useApp();
  const trans = useTrans();
  const [text, setText] = useState(dataset.description);
  const [isBusy, setIsBusy] = useState(false);
  const [error, setError] = useState<ApiError | null>(null);

  const save = async (): Promise<void> => {
    setIsBusy(true);
    setError(null);
    try {
      await client.updateDataset(dataset.id, { description: text.trim() });
      // The event about it may take a second: the new text shows at once.
      refresh({ thing: 'dataset', action: 'changed', subject: dataset.id });
      onClose();
    } catch (reason) {
      setError(ApiError.of(reason));
      setIsBusy(false);
    }
  };
  const onKeyDown = (event: KeyboardEvent): void => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      onClose();
    } else if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      event.stopPropagation();
      void save();
    }
  };
  return (
    <div className="gd-Description-editor" onKeyDown={onKeyDown}>
      <textarea
        className="jp-mod-styled"
        aria-label={trans.__('Description')}
        rows={Math.min(10, Math.max(3, text.split('\n').length))}
        value={text}
        readOnly={isBusy}
        autoFocus
        onFocus={event => event.target.setSelectionRange(text.length, text.length)}
        onChange={event => setText(event.target.value)}
      />
      {error && <ErrorMessage error={error} />}
      <div className="gd-Description-buttons">
        <Button onClick={() => void save()} disabled={isBusy}>
          {trans.__('Save')}
        </Button>
        <Button onClick={onClose} disabled={isBusy}>
          {trans.__('Cancel')}
        </Button>
      </div>
    </div>
  );
}
